#include "net/network.hpp"

#include "net/curl_thread.hpp"
#include "net/http_exchange.hpp"
#include "net/mail_exchange.hpp"
#include "net/proxy.hpp"

#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

class CurlNetwork : public Network {
  public:
    explicit CurlNetwork(asio::any_io_executor loop) : loop_(std::move(loop)), http_(loop_) {}
    /// All at once: where libcurl waits for a mail server, it asks once a second.
    ~CurlNetwork() override {
        for (const auto& thread : mail_) thread->begin_to_end();
    }

    Task<HttpReply> send(HttpRequest request) override {
        auto exchange = std::make_shared<HttpExchange>(std::move(request), environment_);
        if (!exchange->is_refused()) co_await http_.run(exchange);
        co_return std::move(exchange->reply());
    }

    Task<MailReply> send(Mail mail) override {
        const auto purpose = MailExchange::Purpose::hand_in;
        auto exchange = std::make_shared<MailExchange>(std::move(mail), purpose);
        co_await run(exchange);
        co_return std::move(exchange->reply());
    }

    Task<MailReply> log_in(MailServer server, NetworkSettings network, Duration limit) override {
        Mail mail;
        mail.server = std::move(server);
        mail.network = std::move(network);
        mail.limit = limit;
        const auto purpose = MailExchange::Purpose::log_in;
        auto exchange = std::make_shared<MailExchange>(std::move(mail), purpose);
        co_await run(exchange);
        co_return std::move(exchange->reply());
    }

  private:
    Task<> run(std::shared_ptr<MailExchange> exchange) {
        if (exchange->is_refused()) co_return;
        CurlThread* thread = idle_thread(exchange->reply());
        if (thread != nullptr) co_await thread->run(exchange);
    }

    CurlThread* idle_thread(MailReply& reply) {
        for (const auto& thread : mail_) {
            if (thread->is_idle()) return thread.get();
        }
        try {
            mail_.push_back(std::make_unique<CurlThread>(loop_));
            return mail_.back().get();
        } catch (const std::system_error& error) {
            reply.error = std::string("cannot begin a thread: ") + error.what();
            return nullptr;
        }
    }

    asio::any_io_executor loop_;
    ProxyEnvironment environment_ = ProxyEnvironment::read();
    CurlThread http_;
    /// As many as there were mails at a time: see MailExchange.
    std::vector<std::unique_ptr<CurlThread>> mail_;
};

}  // namespace

std::unique_ptr<Network> make_network(asio::any_io_executor loop) {
    return std::make_unique<CurlNetwork>(std::move(loop));
}

}  // namespace backupwatch
