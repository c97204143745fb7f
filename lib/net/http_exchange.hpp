#pragma once
#include "net/cause.hpp"
#include "net/curl_owned.hpp"
#include "net/curl_thread.hpp"
#include "net/http_client.hpp"
#include "net/proxy.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace backupwatch {

/// One request and its reply.
class HttpExchange : public Exchange {
  public:
    HttpExchange(HttpRequest request, const ProxyEnvironment& environment);

    /// What cannot be sent: then reply() says why, and the exchange must not be run.
    bool is_refused() const { return !reply_.error.empty(); }
    HttpReply& reply() { return reply_; }

    void prepare(CURL* handle) override;
    void conclude(CURL* handle, CURLcode result) override;

  private:
    void read_url();
    void check_headers();
    void prepare_body(CURL* handle);
    CurlList header_list() const;
    bool keep_header(std::string_view line);
    bool keep_body(std::string_view bytes);

    static int on_sending(void* self, char*, char*, int, int);
    static std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* self);
    static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* self);

    HttpRequest request_;
    ProxyEnvironment environment_;
    CurlUrl url_;
    std::string scheme_;
    std::string host_;
    Attempt attempt_;
    CurlList headers_;
    ErrorBuffer words_{};
    std::size_t header_bytes_ = 0;
    bool sent_ = false;         ///< or about to be
    bool too_long_ = false;     ///< the reply's headers
    bool has_enough_ = false;   ///< of the body
    bool has_headers_ = false;  ///< all of the last reply's
    HttpReply reply_;
};

}  // namespace backupwatch
