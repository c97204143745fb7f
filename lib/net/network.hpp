#pragma once
#include "net/http_client.hpp"
#include "net/mail_client.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace backupwatch {

/// Both clients, on libcurl threads of their own: one for all requests, and one for each mail at a
/// time, since libcurl does nothing else while it waits for the answer to a final dot. The
/// destructor ends them, and what was sent through it then ends with operation_aborted. Reads the
/// environment's proxies when it is made.
class Network : public HttpClient, public MailClient {};

std::unique_ptr<Network> make_network(asio::any_io_executor loop);

}  // namespace backupwatch
