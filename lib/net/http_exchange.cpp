#include "net/http_exchange.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

/// No honest reply has more of them; libcurl bounds a line alone.
constexpr std::size_t most_header_bytes = 64 * 1024;

std::string part_of(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
    std::string copy = text;
    curl_free(text);
    return copy;
}

bool same_name(std::string_view one, std::string_view other) {
    return std::ranges::equal(one, other, [](unsigned char a, unsigned char b) {
        return std::tolower(a) == std::tolower(b);
    });
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

bool has_line_break(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos;
}

}  // namespace

HttpExchange::HttpExchange(HttpRequest request, const ProxyEnvironment& environment)
    : request_(std::move(request)), environment_(environment) {
    reply_.reached = Reached::nobody;
    read_url();
    if (!is_refused()) check_headers();
    attempt_.limit = request_.limit;
    attempt_.trust = Trust(request_.network.ca_file);
}

void HttpExchange::read_url() {
    url_.reset(curl_url());
    const char* text = request_.url.reveal().c_str();
    if (!url_ || curl_url_set(url_.get(), CURLUPART_URL, text, 0) != CURLUE_OK) {
        reply_.error = "the URL is not one of http or https";
        return;
    }
    scheme_ = part_of(url_.get(), CURLUPART_SCHEME);
    host_ = part_of(url_.get(), CURLUPART_HOST);
    const std::string port = part_of(url_.get(), CURLUPART_PORT);
    attempt_.peer = port.empty() ? host_ : host_ + ":" + port;
    if (scheme_ != "http" && scheme_ != "https") {
        reply_.error = "the URL is not one of http or https";
    }
}

void HttpExchange::check_headers() {
    for (const auto& [name, value] : request_.headers) {
        const bool odd = name.empty() || name.find_first_of(":; \t") != name.npos;
        if (!odd && !has_line_break(name) && !has_line_break(value.reveal())) continue;
        reply_.error = "a header for " + attempt_.peer + " cannot be sent: it holds a line break";
        if (odd) reply_.error = "a header for " + attempt_.peer + " has no proper name";
        return;
    }
    if (request_.method.empty() || request_.method.find_first_of(" \t\r\n") != std::string::npos) {
        reply_.error = "the method for " + attempt_.peer + " is none";
    }
}

CurlList HttpExchange::header_list() const {
    // Without "Expect:" libcurl waits a second for a 100 before it sends a larger body.
    CurlList list(curl_slist_append(nullptr, "Expect:"));
    bool has_type = false;
    for (const auto& [name, value] : request_.headers) {
        has_type |= same_name(name, "Content-Type");
        const std::string& text = value.reveal();
        const std::string line = text.empty() ? name + ";" : name + ": " + text;
        list.reset(curl_slist_append(list.release(), line.c_str()));
    }
    // Else libcurl calls every body a form.
    if (!has_type) list.reset(curl_slist_append(list.release(), "Content-Type:"));
    return list;
}

void HttpExchange::prepare_body(CURL* handle) {
    const std::string& method = request_.method;
    if (method == "HEAD") {
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    } else if (method == "GET" && request_.body.empty()) {
        curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
    } else {
        const auto size = static_cast<curl_off_t>(request_.body.size());
        curl_easy_setopt(handle, CURLOPT_POST, 1L);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, size);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request_.body.data());
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method.c_str());
    }
}

void HttpExchange::prepare(CURL* handle) {
    const long limit = static_cast<long>(std::max<Duration::rep>(request_.limit.count(), 1));
    headers_ = header_list();
    curl_easy_setopt(handle, CURLOPT_CURLU, url_.get());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, limit);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, limit);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "backupwatch/" BACKUPWATCH_VERSION);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(handle, CURLOPT_HEADEROPT, CURLHEADER_SEPARATE);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, words_.data());
    curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, &on_sending);
    curl_easy_setopt(handle, CURLOPT_PREREQDATA, this);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
    prepare_body(handle);
    attempt_.trust.prepare(handle);
    choose_proxy(handle, request_.network, environment_, scheme_, host_);
}

int HttpExchange::on_sending(void* self, char*, char*, int, int) {
    static_cast<HttpExchange*>(self)->sent_ = true;
    return CURL_PREREQFUNC_OK;
}

std::size_t HttpExchange::on_header(char* bytes, std::size_t, std::size_t size, void* self) {
    return static_cast<HttpExchange*>(self)->keep_header({bytes, size}) ? size : 0;
}

std::size_t HttpExchange::on_body(char* bytes, std::size_t, std::size_t size, void* self) {
    return static_cast<HttpExchange*>(self)->keep_body({bytes, size}) ? size : 0;
}

bool HttpExchange::keep_header(std::string_view line) {
    header_bytes_ += line.size();
    too_long_ = header_bytes_ > most_header_bytes;
    if (too_long_) return false;
    // After a 100, and after a proxy's refusal to be logged in to, all begins again.
    if (trimmed(line).empty()) has_headers_ = true;
    if (line.starts_with("HTTP/")) {
        has_headers_ = false;
        reply_.content_type.clear();
        reply_.retry_after.clear();
        reply_.headers.clear();
    }
    const auto colon = line.find(':');
    if (colon == line.npos) return true;
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(colon + 1));
    if (same_name(name, "Content-Type")) reply_.content_type = value;
    if (same_name(name, "Retry-After")) reply_.retry_after = value;
    for (const std::string& wanted : request_.wanted) {
        if (same_name(name, wanted)) reply_.headers[wanted] = value;
    }
    return true;
}

bool HttpExchange::keep_body(std::string_view bytes) {
    const std::size_t room = request_.most_reply - reply_.body.size();
    reply_.body.append(bytes.substr(0, room));
    has_enough_ = reply_.body.size() >= request_.most_reply;
    return !has_enough_;
}

void HttpExchange::conclude(CURL* handle, CURLcode result) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    const bool is_whole = result == CURLE_OK || has_enough_;
    // A body that does not end takes back nothing of what was answered before it.
    const bool is_answered = has_headers_ && status >= 200;
    if (status != 0 && (is_whole || is_answered)) {
        reply_.certificate = attempt_.trust.certificate();
        reply_.status = static_cast<int>(status);
        reply_.reached = Reached::someone;
        reply_.is_cut = !is_whole;
        return;
    }
    if (is_whole) result = CURLE_GOT_NOTHING;
    const bool impostor = attempt_.trust.is_impostor(result);
    reply_ = HttpReply{};
    if (!impostor) reply_.certificate = attempt_.trust.certificate();
    reply_.reached = impostor ? Reached::impostor : sent_ ? Reached::someone : Reached::nobody;
    if (result == CURLE_SSL_CACERT_BADFILE) reply_.reached = Reached::none_by_our_fault;
    reply_.error = cause_of(handle, result, words_, attempt_);
    if (too_long_) reply_.error = "the headers of " + attempt_.peer + "'s answer do not end";
}

}  // namespace backupwatch
