#pragma once
#include "async/clock.hpp"
#include "async/pool.hpp"
#include "net/network.hpp"
#include "store/store.hpp"
#include "watch/alert_policy.hpp"
#include "watch/settings.hpp"
#include "watch/world.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>

namespace backupwatch {

/// What a command without a daemon and the daemon itself both stand on. Members end in the reverse
/// of this order: the world before the state that it writes to, the threads last.
struct App {
    explicit App(asio::io_context& loop);

    /// Opens the state of these settings, and everything that they describe.
    Task<> open(Settings settings);
    /// Its findings are judged for its notifiers from then on.
    void make_notifiers_for(World& its_world);

    std::unique_ptr<Network> network;
    Pool pool;
    std::unique_ptr<Clock> clock;
    std::unique_ptr<Store> store;
    std::shared_ptr<World> world;
};

/// Held by the daemon as long as it runs: there is one per state folder.
std::filesystem::path daemon_lock(const std::filesystem::path& state_dir);

/// Makes the folder of the control socket where it is missing: after a reboot /run is empty. As
/// root, for the owner of the state, before root becomes it; its mode lets clients pass through to
/// the socket, which has its own. That it cannot be made is told by who listens there.
void make_socket_folder(
    const std::filesystem::path& control_socket, const std::filesystem::path& state_dir
);

/// As root, goes on as the owner of the state folder, so that what a person does by hand leaves no
/// file that the daemon cannot touch. Throws Failure::denied.
void become_owner_of(const std::filesystem::path& state_dir);

/// As many descriptors as this process may have: each database that is looked at takes some.
void raise_descriptor_limit();

/// Logs on standard error: one line per event with its fields, with journal priorities under
/// systemd.
void start_logging(LogLevel level);

}  // namespace backupwatch
