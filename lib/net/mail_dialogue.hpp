#pragma once
#include "net/mail_client.hpp"

#include <string>
#include <string_view>

namespace backupwatch {

/// Follows an SMTP dialogue, line by line, and keeps where it is and what the server said last.
/// Of what we say only the verb is looked at, and nothing is kept: it can be a password.
class MailDialogue {
  public:
    void on_said(std::string_view line);
    void on_heard(std::string_view line);
    /// The whole content is on its way, and the final dot with it.
    void on_committed() { stage_ = MailStage::committed; }

    MailStage stage() const { return stage_; }
    bool has_logged_in() const { return logged_in_; }
    /// Of the last whole reply; 0: there was none.
    int code() const { return code_; }
    const std::string& enhanced() const { return enhanced_; }
    const std::string& text() const { return text_; }

  private:
    MailStage stage_ = MailStage::connect;
    bool logged_in_ = false;
    bool quit_ = false;
    int code_ = 0;
    std::string enhanced_;
    std::string text_;
};

}  // namespace backupwatch
