#include "net/mail_exchange.hpp"

#include "core/hiding.hpp"
#include "net/proxy.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

/// Nothing that could end a command or an address early, and nothing that needs SMTPUTF8.
bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char character) {
        return character > ' ' && character < 0x7f && character != '<' && character != '>';
    });
}

/// A server that takes a bare CR or LF for the end of a line can be made to see commands in it.
bool has_bare_line_break(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return true;
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return true;
    }
    return false;
}

CurlUrl url_of(const MailServer& server) {
    CurlUrl url(curl_url());
    if (!url) return {};
    const bool needs_brackets = server.host.find(':') != std::string::npos && server.host[0] != '[';
    const std::string host = needs_brackets ? "[" + server.host + "]" : server.host;
    const char* scheme = server.tls == MailTls::implicit ? "smtps" : "smtp";
    const std::string port = std::to_string(server.port);
    // libcurl takes the path for the name that we greet with.
    const std::string path = "/" + server.helo;
    const bool valid =
        curl_url_set(url.get(), CURLUPART_SCHEME, scheme, 0) == CURLUE_OK &&
        curl_url_set(url.get(), CURLUPART_HOST, host.c_str(), 0) == CURLUE_OK &&
        curl_url_set(url.get(), CURLUPART_PORT, port.c_str(), 0) == CURLUE_OK &&
        curl_url_set(url.get(), CURLUPART_PATH, path.c_str(), CURLU_URLENCODE) == CURLUE_OK;
    return valid ? std::move(url) : CurlUrl{};
}

std::string_view step(MailStage stage) {
    switch (stage) {
        case MailStage::connect:
            return "the connection";
        case MailStage::tls:
            return "TLS";
        case MailStage::greeting:
            return "the greeting";
        case MailStage::login:
            return "the login";
        case MailStage::sender:
            return "the sender";
        case MailStage::recipient:
            return "the recipient";
        case MailStage::data:
            return "the mail";
        case MailStage::committed:
            return "the mail";
    }
    return "";
}

}  // namespace

MailExchange::MailExchange(Mail mail, Purpose purpose)
    : mail_(std::move(mail)), purpose_(purpose), url_(url_of(mail_.server)) {
    attempt_.peer = mail_.server.host + ":" + std::to_string(mail_.server.port);
    attempt_.limit = mail_.limit;
    attempt_.trust = Trust(mail_.network.ca_file);
    reply_.error = reason_to_refuse();
    reply_.is_misconfigured = is_refused();
}

std::string MailExchange::reason_to_refuse() const {
    const MailServer& server = mail_.server;
    if (server.host.empty() || !is_plain(server.host) || !url_)
        return "the mail server has no proper host or port";
    if (!is_plain(server.helo)) return "the name to greet with is none";
    if (server.tls == MailTls::none && !is_loopback(server.host)) {
        return "mail to " + attempt_.peer + " needs TLS: without it goes to loopback only";
    }
    if (purpose_ == Purpose::log_in) return {};
    for (const auto& address : {mail_.from, mail_.recipient}) {
        if (!is_plain(address)) {
            return "a mail address has a space, a line break, angle brackets or letters beyond "
                   "ASCII";
        }
    }
    if (mail_.recipient.empty()) return "a mail has no recipient";
    if (has_bare_line_break(mail_.content)) return "a mail has a line that does not end with CRLF";
    return {};
}

void MailExchange::prepare(CURL* handle) {
    prepare_connection(handle);
    prepare_login(handle);
    prepare_callbacks(handle);
    if (purpose_ == Purpose::hand_in) {
        prepare_mail(handle);
    } else {
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, "NOOP");
    }
}

void MailExchange::prepare_connection(CURL* handle) {
    const long limit = static_cast<long>(std::max<Duration::rep>(mail_.limit.count(), 1));
    const bool starttls = mail_.server.tls == MailTls::starttls;
    curl_easy_setopt(handle, CURLOPT_CURLU, url_.get());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(handle, CURLOPT_USE_SSL, starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, limit);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, limit);
    // libcurl's own patience with a single reply; the whole limit is what counts.
    curl_easy_setopt(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, limit / 1000 + 1);
    attempt_.trust.prepare(handle);
    choose_proxy(handle, mail_.network, mail_.server.host);
}

void MailExchange::prepare_login(CURL* handle) {
    if (mail_.server.username.empty()) return;
    curl_easy_setopt(handle, CURLOPT_USERNAME, mail_.server.username.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, mail_.server.password.reveal().c_str());
    // Else libcurl would prefer, say, Kerberos where a server offers it, and fail for want of it.
    curl_easy_setopt(handle, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
}

void MailExchange::prepare_mail(CURL* handle) {
    recipients_.reset(curl_slist_append(nullptr, mail_.recipient.c_str()));
    // Its size is not told: libcurl then asks for more until there is none, and that is when it
    // sends the final dot.
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_MAIL_FROM, mail_.from.c_str());
    curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients_.get());
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, &on_read);
    curl_easy_setopt(handle, CURLOPT_READDATA, this);
}

void MailExchange::prepare_callbacks(CURL* handle) {
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, words_.data());
    curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, &on_dialogue);
    curl_easy_setopt(handle, CURLOPT_DEBUGDATA, this);
    curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, &on_beginning);
    curl_easy_setopt(handle, CURLOPT_PREREQDATA, this);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &on_open);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, &on_close);
    curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, this);
}

/// Before MAIL: libcurl goes on without a login where the server offers none.
bool MailExchange::may_begin() const {
    return mail_.server.username.empty() || dialogue_.has_logged_in();
}

int MailExchange::on_beginning(void* self, char*, char*, int, int) {
    const bool begin = static_cast<MailExchange*>(self)->may_begin();
    return begin ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

int MailExchange::on_dialogue(
    CURL*, curl_infotype type, char* bytes, std::size_t size, void* self
) {
    static_cast<MailExchange*>(self)->follow(type, {bytes, size});
    return 0;
}

void MailExchange::follow(curl_infotype type, std::string_view bytes) {
    if (type == CURLINFO_HEADER_IN) dialogue_.on_heard(bytes);
    if (type != CURLINFO_HEADER_OUT) return;
    dialogue_.on_said(bytes);
    // libcurl would wait for the answer before it tells what came of the mail. Goodbye is said;
    // whether the server says it, too, matters to nobody.
    if (bytes.starts_with("QUIT")) {
        for (const auto socket : sockets_) ::shutdown(socket, SHUT_RD);
    }
}

std::size_t MailExchange::on_read(char* buffer, std::size_t, std::size_t room, void* self) {
    return static_cast<MailExchange*>(self)->give_content(buffer, room);
}

std::size_t MailExchange::give_content(char* buffer, std::size_t room) {
    const std::size_t size = mail_.content.copy(buffer, room, given_);
    given_ += size;
    if (size == 0) dialogue_.on_committed();
    return size;
}

curl_socket_t MailExchange::on_open(void* self, curlsocktype, curl_sockaddr* address) {
    const int type = address->socktype | SOCK_CLOEXEC;
    const curl_socket_t socket = ::socket(address->family, type, address->protocol);
    if (socket != CURL_SOCKET_BAD) static_cast<MailExchange*>(self)->sockets_.insert(socket);
    return socket;
}

int MailExchange::on_close(void* self, curl_socket_t socket) {
    static_cast<MailExchange*>(self)->sockets_.erase(socket);
    return ::close(socket);
}

void MailExchange::take_stage(CURL* handle, CURLcode result) {
    reply_.stage = dialogue_.stage();
    curl_off_t connected = 0;
    curl_off_t encrypted = 0;
    curl_easy_getinfo(handle, CURLINFO_CONNECT_TIME_T, &connected);
    curl_easy_getinfo(handle, CURLINFO_APPCONNECT_TIME_T, &encrypted);
    if (reply_.stage == MailStage::connect) {
        const bool in_tls = attempt_.trust.has_begun() && encrypted == 0;
        if (in_tls) reply_.stage = MailStage::tls;
        if (!in_tls && connected != 0) reply_.stage = MailStage::greeting;
    }
    if (result == CURLE_USE_SSL_FAILED) reply_.stage = MailStage::tls;
    const bool refused_to_begin = result == CURLE_ABORTED_BY_CALLBACK && !may_begin();
    if (refused_to_begin || result == CURLE_LOGIN_DENIED) reply_.stage = MailStage::login;
}

void MailExchange::conclude(CURL* handle, CURLcode result) {
    take_stage(handle, result);
    reply_.code = dialogue_.code();
    reply_.enhanced = dialogue_.enhanced();
    reply_.text = dialogue_.text();
    reply_.is_impostor = attempt_.trust.is_impostor(result);
    reply_.is_misconfigured = is_misconfigured(result);
    if (!reply_.is_impostor) reply_.certificate = attempt_.trust.certificate();
    if (result != CURLE_OK) reply_.error = error_of(handle, result);
    // A server may quote what it was sent.
    const auto secrets = secrets_of(mail_.server.username, mail_.server.password);
    reply_.text = without(std::move(reply_.text), secrets);
    reply_.error = without(std::move(reply_.error), secrets);
}

/// A server that says why is judged by what it says: it may offer tomorrow what it refuses now.
bool MailExchange::is_misconfigured(CURLcode result) const {
    if (result == CURLE_SSL_CACERT_BADFILE) return true;
    if (reply_.code >= 400) return false;
    const bool refused_to_begin = result == CURLE_ABORTED_BY_CALLBACK && !may_begin();
    return refused_to_begin || result == CURLE_USE_SSL_FAILED || result == CURLE_LOGIN_DENIED;
}

std::string MailExchange::error_of(CURL* handle, CURLcode result) const {
    const std::string& peer = attempt_.peer;
    const bool refused_to_begin = result == CURLE_ABORTED_BY_CALLBACK && !may_begin();
    if (result == CURLE_USE_SSL_FAILED) return peer + " does not offer STARTTLS";
    if (refused_to_begin) return peer + " does not offer a login";
    if (result == CURLE_OPERATION_TIMEDOUT) {
        return "no answer from " + peer + " to " + std::string(step(reply_.stage)) + " within " +
               to_text(attempt_.limit);
    }
    if (reply_.code >= 400) {
        std::string said = std::to_string(reply_.code);
        if (!reply_.enhanced.empty()) said += " " + reply_.enhanced;
        return peer + " refused " + std::string(step(reply_.stage)) + ": " + said + " " +
               reply_.text;
    }
    if (result == CURLE_LOGIN_DENIED) return peer + " offers neither AUTH PLAIN nor AUTH LOGIN";
    return cause_of(handle, result, words_, attempt_);
}

}  // namespace backupwatch
