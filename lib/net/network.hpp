#pragma once
#include "net/http_client.hpp"
#include "net/mail_client.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace backupwatch {

/// Both clients, on one libcurl thread of their own. Must outlive what was sent through it; its
/// destructor ends that thread.
class Network : public HttpClient, public MailClient {};

std::unique_ptr<Network> make_network(asio::any_io_executor loop);

}  // namespace backupwatch
