#pragma once
#include "async/task.hpp"
#include "core/backup/manifest.hpp"
#include "core/failure.hpp"
#include "core/progress.hpp"
#include "drill/report.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

class DrillRoom;
class Source;

/// Tells in which phase work is, and times them.
class Phases {
  public:
    Phases(std::vector<DrillReport::Phase>& timed, ProgressSink& progress)
        : timed_(timed), progress_(progress) {}

    void begin(const std::string& name);
    void end();

  private:
    std::vector<DrillReport::Phase>& timed_;
    ProgressSink& progress_;
    std::chrono::steady_clock::time_point began_;
};

/// Brings a backup into a throw-away server, whether to be verified there or to be looked at. Must
/// outlive run().
class BringUp {
  public:
    BringUp(Source& source, std::string id, DrillRoom& room, Phases& phases, ProgressSink progress)
        : source_(source),
          id_(std::move(id)),
          room_(room),
          phases_(phases),
          progress_(std::move(progress)) {}

    /// Prepares the room, fetches the backup while the server starts (phases `fetch` and `start`),
    /// and then does `load`, whose failure is told as the server's where that has ended. Throws
    /// Failure.
    using Load = std::function<Task<>(const Manifest&)>;
    Task<> run(Load load);

    /// What kept the server from starting, also where something else is told first.
    const std::optional<Failure>& not_started() const { return not_started_; }

  private:
    Task<> fetch();
    Task<> start_server();
    Task<> fetch_and_start();
    Task<> load_alive(const Manifest& manifest, const Load& load);
    Task<> use_server(const Manifest& manifest, const Load& load);
    Task<> in_room(const Manifest& manifest, const Load& load);

    Source& source_;
    std::string id_;
    DrillRoom& room_;
    Phases& phases_;
    ProgressSink progress_;
    std::optional<Failure> not_started_;
};

}  // namespace backupwatch
