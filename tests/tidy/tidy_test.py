#!/usr/bin/env python3
"""Plants a violation of every check in a tree of its own and sees it caught, and sees that the
nearest innocent code is left alone: a check that finds nothing looks just like a clean tree."""

import json
import shutil
import tempfile
import unittest
from pathlib import Path

import tidy

STYLE = (Path(__file__).parents[2] / ".clang-format").read_text()


class TidyTest(unittest.TestCase):
    def run_check(self, check, files, compiled=()):
        with tempfile.TemporaryDirectory() as top:
            for path, text in {".clang-format": STYLE, **files}.items():
                file = Path(top, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            commands = Path(top, "compile_commands.json")
            commands.write_text(json.dumps([{"directory": top, "file": f} for f in compiled]))
            return [(path, line) for path, line, _ in check(tidy.Tree(top, commands))]

    def catches(self, check, text, path="lib/drill/a.cpp", line=1):
        self.assertEqual(self.run_check(check, {path: text}), [(path, line)])

    def leaves_alone(self, check, text, path="lib/drill/a.cpp"):
        self.assertEqual(self.run_check(check, {path: text}), [])

    def test_every_check_is_tested(self):
        tested = Path(__file__).read_text()
        for check in tidy.CHECKS:
            self.assertTrue(f"tidy.{check.__name__}" in tested, f"{check.__name__} has no test")

    def test_includes_run_down(self):
        for path, included in [
            ("lib/core/a.hpp", "process/process.hpp"),
            ("lib/sources/a.cpp", "drill/drill.hpp"),
            ("lib/report/a.cpp", "watch/watch.hpp"),
            ("lib/core/time/a.cpp", "../../async/clock.hpp"),
            ("lib/drill/a.cpp", "tests/fakes/a.hpp"),
            ("lib/drill/a.cpp", "daemon/service.hpp"),
            ("lib/boost/asio.cpp", "core/failure.hpp"),
        ]:
            self.catches(tidy.include_direction, f'#include "{included}"\n', path)
        self.catches(tidy.include_direction, "int a;\n", "lib/util/a.cpp")
        for path, included in [
            ("daemon/main.cpp", "service.hpp"),
            ("daemon/service.cpp", "watch/watch.hpp"),
            ("lib/drill/a.cpp", "drill/drill.hpp"),
            ("lib/postgres/a.cpp", "core/failure.hpp"),
        ]:
            self.leaves_alone(tidy.include_direction, f'#include "{included}"\n', path)

    def test_core_includes_the_standard_library_alone(self):
        for header in ["boost/json.hpp", "unistd.h", "fmt/core.h", "iostream", "thread"]:
            self.catches(tidy.core_is_pure, f"\n#include <{header}>\n", "lib/core/a.hpp", line=2)
        self.leaves_alone(tidy.core_is_pure, "#include <string_view>\n", "lib/core/a.hpp")
        self.leaves_alone(tidy.core_is_pure, "#include <unistd.h>\n", "lib/process/a.cpp")

    def test_libraries_stay_in_their_rooms(self):
        check = tidy.libraries_stay_in_their_rooms
        for header in ["boost/beast/http.hpp", "libpq-fe.h", "SQLiteCpp/Database.h", "boost/asio.hpp"]:
            self.catches(check, f"#include <{header}>\n")
        self.leaves_alone(check, "#include <boost/beast/http.hpp>\n", "lib/web/server.cpp")
        self.leaves_alone(check, "#include <boost/asio/post.hpp>\n")

    def test_awaits_that_gcc_miscompiles_are_found(self):
        check = tidy.risky_await
        for expression in [
            "co_await call([s] { return s; });",
            "co_await (c ? f() : g());",
            "co_await f(P{.a = s});",
            "co_await f({s});",
        ]:
            self.catches(check, f"Task<> t() {{\n    {expression}\n}}\n", line=2)
        for innocent in [
            "auto work = [s] { return s; };\n    co_await call(work);",
            "co_await call([] { return 1; });",
            "co_await a(); // c ? f() : g()",
            'co_await log("what? {}: [a]()", s);',
            "for (auto& s : all) co_await f(s);",
        ]:
            self.leaves_alone(check, f"Task<> t() {{\n    {innocent}\n}}\n")

        self.leaves_alone(check, "struct A {\n    Task<> t() override {\n        co_await f();\n    }\n};\n")

    def test_banned_calls_are_found_and_comments_are_not(self):
        check = tidy.banned
        for call in [
            "asio::co_spawn(io, f(), h);",
            "spawn(asio::detached);",
            "auto now = std::chrono::system_clock::now();",
            "auto now = std::time(nullptr);",
            'std::cerr << "x";',
        ]:
            self.catches(check, f"\n{call}\n", line=2)
        self.leaves_alone(check, "// detached, co_spawn(, std::cerr\n")
        self.leaves_alone(check, 'auto text = "std::cerr";\n')
        self.catches(check, "HttpClient& web;\n", "lib/sources/supabase/a.cpp")
        self.leaves_alone(check, "HttpClient& web;\n", "lib/notify/a.cpp")
        self.leaves_alone(check, "co_spawn(io, f(), h);\n", "lib/async/scope.cpp")
        self.leaves_alone(check, "std::cerr << 1;\n", "daemon/main.cpp")

    def test_leftover_marks_need_an_issue(self):
        self.catches(tidy.leftover_marks, "// TODO: later\n")
        self.catches(tidy.leftover_marks, "# FIXME\n", "deploy/demo.sh")
        self.leaves_alone(tidy.leftover_marks, "// TODO(#12): when 16 is out\n")

    def test_sources_that_nothing_compiles_are_found(self):
        files = {"lib/drill/a.cpp": "", "lib/drill/b.cpp": "", "lib/drill/c.h": ""}
        found = self.run_check(tidy.dead_sources, files, compiled=["lib/drill/a.cpp"])
        self.assertEqual(found, [("lib/drill/b.cpp", 1), ("lib/drill/c.h", 1)])

    def test_sources_that_are_compiled_with_others_are_none(self):
        unity = "build/x.dir/Unity/unity_x.cxx"
        files = {"lib/drill/a.cpp": "", "lib/drill/b.cpp": "", unity: '#include "lib/drill/a.cpp"\n'}
        found = self.run_check(tidy.dead_sources, files, compiled=[unity])
        self.assertEqual(found, [("lib/drill/b.cpp", 1)])

    @unittest.skipUnless(shutil.which("clang-format"), "clang-format is not installed")
    def test_unformatted_code_is_found(self):
        self.catches(tidy.formatted, "int  a;\n")
        self.leaves_alone(tidy.formatted, "int a;\n")

    def test_shell_scripts_parse(self):
        self.catches(tidy.shell_parses, "if true; then\n", "deploy/a.sh")
        self.catches(tidy.shell_parses, "#!/usr/bin/env bash\ncase\n", ".ci/run")
        self.leaves_alone(tidy.shell_parses, "true\n", "deploy/a.sh")

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is not installed")
    def test_shell_scripts_are_checked(self):
        bad = "#!/usr/bin/env bash\ncd /tmp\n"
        self.catches(tidy.shell_checked, bad, "deploy/a.sh", line=2)


if __name__ == "__main__":
    unittest.main()
