#include "net/loopback.hpp"

#include <boost/asio/ip/address.hpp>

namespace backupwatch {

bool is_loopback(const std::string& host) {
    if (host == "localhost" || host == "localhost.") return true;
    std::string text = host;
    if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
        text = text.substr(1, text.size() - 2);
    }
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(text, error);
    return !error && address.is_loopback();
}

}  // namespace backupwatch
