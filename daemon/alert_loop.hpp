#pragma once
#include "async/scope.hpp"
#include "deliver/delivery.hpp"
#include "watch/world.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// Tells people what the world finds: judges what falls due by time alone, carries the outbox, and
/// makes of a notifier that fails a finding of our own. Used on the loop only.
class AlertLoop {
  public:
    using Counted = std::function<void(const std::string& notifier, std::string_view result)>;
    AlertLoop(
        Clock& clock, Store& store, Scope& scope, Counted counted, asio::any_io_executor executor
    );

    /// The world that is told of, with its notifiers: at the start, and after each reload.
    void adopt(std::shared_ptr<World> world);
    /// Until cancelled.
    Task<> run();

  private:
    void take_health();
    Task<> look_at_notifiers(std::shared_ptr<World> world);

    Clock& clock_;
    Scope& scope_;
    Delivery delivery_;
    std::shared_ptr<World> world_;
    Duration last_turn_;  ///< by awake()
    bool is_looking_ = false;
    bool is_asked_again_ = false;
};

}  // namespace backupwatch
