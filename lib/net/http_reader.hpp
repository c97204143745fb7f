#pragma once
#include "net/http_client.hpp"

#include <utility>

namespace backupwatch {

/// The only door that sources have to the web, and it opens one way: whatever a request says, it is
/// sent as a GET without a body. What a provider keeps is looked at, never touched.
class HttpReader {
  public:
    explicit HttpReader(HttpClient& client) : client_(client) {}

    /// As HttpClient::send.
    Task<HttpReply> get(HttpRequest request) {
        request.method = "GET";
        request.body.clear();
        return client_.send(std::move(request));
    }

  private:
    HttpClient& client_;
};

}  // namespace backupwatch
