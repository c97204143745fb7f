#pragma once
#include "net/cause.hpp"
#include "net/curl_owned.hpp"
#include "net/curl_thread.hpp"
#include "net/mail_client.hpp"
#include "net/mail_dialogue.hpp"

#include <cstddef>
#include <set>
#include <string>

namespace backupwatch {

/// One mail handed in, or a login alone. libcurl waits for the answer to the final dot, and for no
/// other exchange meanwhile: each needs a thread for itself.
class MailExchange : public Exchange {
  public:
    enum class Purpose { hand_in, log_in };

    MailExchange(Mail mail, Purpose purpose);

    /// What cannot be sent: then reply() says why, and the exchange must not be run.
    bool is_refused() const { return !reply_.error.empty(); }
    MailReply& reply() { return reply_; }

    void prepare(CURL* handle) override;
    void conclude(CURL* handle, CURLcode result) override;

  private:
    std::string reason_to_refuse() const;
    void prepare_connection(CURL* handle);
    void prepare_login(CURL* handle);
    void prepare_mail(CURL* handle);
    void prepare_callbacks(CURL* handle);
    void take_stage(CURL* handle, CURLcode result);
    bool is_misconfigured(CURLcode result) const;
    std::string error_of(CURL* handle, CURLcode result) const;

    bool may_begin() const;
    void follow(curl_infotype type, std::string_view bytes);
    std::size_t give_content(char* buffer, std::size_t room);

    static int on_beginning(void* self, char*, char*, int, int);
    static int on_dialogue(CURL*, curl_infotype type, char* bytes, std::size_t size, void* self);
    static std::size_t on_read(char* buffer, std::size_t, std::size_t room, void* self);
    static curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr* address);
    static int on_close(void* self, curl_socket_t socket);

    Mail mail_;
    Purpose purpose_;
    CurlUrl url_;
    Attempt attempt_;
    CurlList recipients_;
    ErrorBuffer words_{};
    std::set<curl_socket_t> sockets_;
    std::size_t given_ = 0;  ///< of the content, to libcurl
    MailDialogue dialogue_;
    MailReply reply_;
};

}  // namespace backupwatch
