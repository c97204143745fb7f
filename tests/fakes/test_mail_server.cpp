#include "fakes/test_mail_server.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr auto start_limit = std::chrono::seconds(30);
constexpr const char* postfix = "/usr/sbin/postfix";
constexpr const char* master_program = "/usr/lib/postfix/sbin/master";

std::string text_in(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

pid_t spawn(const std::vector<const char*>& arguments, const fs::path& output) {
    auto argv = arguments;
    argv.push_back(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int log = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    // Postfix ends its whole process group with itself, and a test that crashes takes it along.
    ::setsid();
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::execv(argv[0], const_cast<char* const*>(argv.data()));
    ::_exit(127);
}

Task<std::string> read_line(Peer& peer) {
    std::string end = "\n";
    std::string line = co_await peer.read_until(std::move(end));
    line.pop_back();
    co_return line;
}

/// base64 of NUL, the user name, NUL and the password.
constexpr const char* good_login = "AHdhdGNoAGNvcnJlY3QgaG9yc2U=";

/// The server's side of Dovecot's authentication protocol, version 1.2, with PLAIN alone.
Task<> answer_for_passwords(Peer& peer) {
    std::string hello =
        "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0123456789abcdef\nDONE\n";
    co_await peer.write(std::move(hello));
    for (;;) {
        const std::string line = co_await read_line(peer);
        const bool begins = line.starts_with("AUTH\t");
        if (!begins && !line.starts_with("CONT\t")) continue;
        const std::string id = line.substr(5, line.find('\t', 5) - 5);
        std::string answer = "FAIL\t" + id + "\tuser=watch\n";
        if (line.ends_with(good_login)) answer = "OK\t" + id + "\tuser=watch\n";
        if (begins && line.find("\tresp=") == line.npos) answer = "CONT\t" + id + "\t\n";
        co_await peer.write(std::move(answer));
    }
}

bool answers(int port) {
    asio::io_context loop;
    asio::ip::tcp::socket socket(loop);
    boost::system::error_code error;
    const asio::ip::tcp::endpoint there(
        asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)
    );
    socket.connect(there, error);
    return !error;
}

}  // namespace

std::string TestMailServer::reason_to_skip() {
    if (!fs::exists(postfix)) return "no Postfix here: run deploy/install-dependencies.sh --test";
    if (::geteuid() != 0) return "only root can begin a Postfix";
    return {};
}

TestMailServer::TestMailServer() : passwords_(&answer_for_passwords, std::nullopt) {
    const CertificateAuthority authority;
    const Identity identity = authority.issue();
    std::ofstream(ca_file()) << authority.pem();
    std::ofstream(folder_ / "server.pem") << identity.key << identity.certificate;
    prepare_folders();
    write_configuration();
    try {
        start();
    } catch (...) {
        end();
        throw;
    }
}

TestMailServer::~TestMailServer() {
    end();
}

void TestMailServer::prepare_folders() const {
    const auto* owner = ::getpwnam("postfix");
    if (owner == nullptr) throw std::runtime_error("there is no user \"postfix\"");
    const uid_t nobody = 65534;
    fs::permissions(folder_.path(), fs::perms(0755));
    for (const auto* name : {"conf", "queue", "data", "mail"}) {
        fs::create_directory(folder_ / name);
        fs::permissions(folder_ / name, fs::perms(0755));
    }
    const bool given = ::chown((folder_ / "data").c_str(), owner->pw_uid, owner->pw_gid) == 0 &&
                       ::chown((folder_ / "mail").c_str(), nobody, nobody) == 0;
    if (!given) throw std::runtime_error("cannot give folders to Postfix's users");
}

void TestMailServer::write_configuration() const {
    const std::string folder = folder_.path();
    std::ofstream(folder_ / "conf" / "main.cf")
        << "compatibility_level = 3.6\n"
        << "queue_directory = " << folder << "/queue\n"
        << "data_directory = " << folder << "/data\n"
        << "maillog_file = " << folder << "/log\n"
        << "maillog_file_prefixes = " << folder << "\n"
        << "inet_interfaces = 127.0.0.1\n"
        << "inet_protocols = ipv4\n"
        << "myhostname = mail.example.com\n"
        << "mydestination =\nlocal_recipient_maps =\nalias_maps =\nalias_database =\n"
        << "mynetworks =\n"
        << "smtpd_relay_restrictions = permit_sasl_authenticated, reject\n"
        << "smtpd_sasl_auth_enable = yes\n"
        << "smtpd_sasl_type = dovecot\n"
        << "smtpd_sasl_path = inet:127.0.0.1:" << passwords_.port() << "\n"
        << "smtpd_tls_security_level = encrypt\n"
        << "smtpd_tls_auth_only = yes\n"
        << "smtpd_tls_chain_files = " << folder << "/server.pem\n"
        << "message_size_limit = 1000000\n"
        << "virtual_mailbox_domains = example.com\n"
        << "virtual_mailbox_base = " << folder << "/mail\n"
        << "virtual_mailbox_maps = inline:{" << mailbox << "=ops/}\n"
        << "virtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534\n";
    std::ofstream services(folder_ / "conf" / "master.cf");
    services << "127.0.0.1:" << starttls_port_ << " inet n - n - - smtpd\n"
             << "127.0.0.1:" << implicit_tls_port_
             << " inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n"
             << "cleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n"
             << "tlsmgr unix - - n 1000 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite\n"
             << "proxymap unix - - n - - proxymap\nanvil unix - - n - 1 anvil\n"
             << "virtual unix - n n - - virtual\npostlog unix-dgram n - n - 1 postlogd\n";
    for (const auto* name : {"bounce", "defer", "trace"}) {
        services << name << " unix - - n - 0 bounce\n";
    }
    for (const auto* name : {"error", "retry"}) services << name << " unix - - n - - error\n";
}

void TestMailServer::start() {
    const std::string conf = folder_ / "conf";
    const pid_t check = spawn({postfix, "-c", conf.c_str(), "check"}, folder_ / "output");
    int status = 0;
    ::waitpid(check, &status, 0);
    if (status != 0) throw std::runtime_error("postfix check: " + log());
    master_ = spawn({master_program, "-c", conf.c_str(), "-d"}, folder_ / "output");
    const auto deadline = std::chrono::steady_clock::now() + start_limit;
    while (!answers(starttls_port_) || !answers(implicit_tls_port_)) {
        const bool gone = ::waitpid(master_, &status, WNOHANG) != 0;
        if (gone) master_ = -1;
        if (gone || std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error("Postfix does not start: " + log());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

void TestMailServer::end() {
    if (master_ <= 0) return;
    // The group, which is its own: what it began must not outlive the folder.
    ::kill(-master_, SIGTERM);
    ::waitpid(master_, nullptr, 0);
    ::kill(-master_, SIGKILL);
    master_ = -1;
}

std::vector<std::string> TestMailServer::mails(std::size_t count, std::chrono::seconds limit)
    const {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    const fs::path arrived = folder_.path() / "mail" / "ops" / "new";
    std::vector<std::string> found;
    do {
        found.clear();
        std::error_code none_yet;
        for (const auto& file : fs::directory_iterator(arrived, none_yet)) {
            found.push_back(text_in(file.path()));
        }
        if (found.size() >= count) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    } while (std::chrono::steady_clock::now() < deadline);
    return found;
}

std::string TestMailServer::log() const {
    return text_in(folder_ / "output") + text_in(folder_ / "log");
}

}  // namespace backupwatch
