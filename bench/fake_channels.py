"""A chat, a webhook and a mail server on loopback that note when a message has arrived, whole. One of
them can be told to be sick."""

import asyncio
import threading
import time

SICK_BYTE = 1.0  # seconds between two bytes of an answer that drips


class FakeChannels:
    """Serves on a thread of its own until the process ends."""

    def __init__(self):
        self.sickness = {}  # of a channel: stalls, drips, says 429; none: it is well
        self.arrived = []  # (channel, its text, civil time)
        self.ports = {}
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        ready.wait()

    def _run(self, ready):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        ready.set()
        self._loop.run_forever()

    async def _listen(self):
        for name, serve in (("chat", self._http), ("hook", self._http), ("mail", self._mail)):
            server = await asyncio.start_server(
                lambda reader, writer, name=name, serve=serve: self._serve(serve, name, reader, writer),
                "127.0.0.1", 0)
            self.ports[name] = server.sockets[0].getsockname()[1]

    async def _serve(self, serve, name, reader, writer):
        try:
            await serve(name, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # who asked had enough, or was ended
        writer.close()

    def _note(self, name, text):
        self.arrived.append((name, text, time.time()))

    async def _http(self, name, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next((int(line.split(":")[1]) for line in head.split("\r\n")
                       if line.lower().startswith("content-length:")), 0)
        self._note(name, (await reader.readexactly(length)).decode())
        status, headers, body = "200 OK", "", "ok"
        if self.sickness.get(name) == "says 429":
            status, headers, body = "429 Too Many Requests", "Retry-After: 600\r\n", "rate_limited"
        answer = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}"
        await self._answer(name, reader, writer, answer)

    async def _mail(self, name, reader, writer):
        await self._answer(name, reader, writer, "220 bench\r\n")
        while line := (await reader.readline()).decode():
            verb = line.split()[0].upper() if line.split() else ""
            if verb == "DATA":
                await self._answer(name, reader, writer, "354 go on\r\n")
                self._note(name, (await reader.readuntil(b"\r\n.\r\n")).decode())
            await self._answer(name, reader, writer, "221 bye\r\n" if verb == "QUIT" else "250 ok\r\n")
            if verb == "QUIT":
                return

    async def _answer(self, name, reader, writer, answer):
        sickness = self.sickness.get(name)
        if sickness == "stalls":
            await reader.read()  # until the other end has had enough
            raise ConnectionError
        if sickness == "drips":
            for byte in answer:
                writer.write(byte.encode())
                await writer.drain()
                await asyncio.sleep(SICK_BYTE)
        else:
            writer.write(answer.encode())
            await writer.drain()
