#pragma once
#include "async/pool.hpp"
#include "deliver/delivery.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/fake_network.hpp"
#include "fakes/lossy_disk.hpp"
#include "simulation/moody.hpp"
#include "simulation/witness.hpp"
#include "support/temporary_folder.hpp"
#include "watch/world.hpp"

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// How much goes wrong, each as the probability of a night.
struct Troubles {
    double failing_backup = 0.03;  ///< of a database whose last one was good
    double loss_of_power = 0;      ///< at some write, and once in a while at a send
    double failing_sync = 0;       ///< of a disk that lives on
    double moody_channel = 0;      ///< for each channel, that its mood changes
    double slow_channel = 0;       ///< for each send, that it takes up to a minute
    double clock_is_set = 0;       ///< by a day
    double someone_handles = 0;    ///< acknowledges, silences, ends a silence: each
    double reload = 0;             ///< that renames a notifier, or leaves a database out
};

/// What one remote end heard of an incident, in order.
struct Story {
    std::int64_t incident;  ///< as the state numbers it in the end
    std::string name;       ///< of what failed
    std::vector<NoticeKind> kinds;
};

/// Ten databases, the real judgement, memory, state and delivery, and a night after the other, on a
/// disk and with channels that fail. Each promise is checked whenever it can be seen to be kept.
class Years {
  public:
    Years(std::uint64_t seed, Troubles troubles);
    ~Years();
    Years(const Years&) = delete;
    Years& operator=(const Years&) = delete;

    void run(int nights);

    int crashes() const { return crashes_; }
    int failed_syncs() const { return disk_.failed_syncs(); }
    /// How often the state refused while its process lived on.
    int refusals() const { return refusals_; }
    int handled() const { return handled_; }
    int reloads() const { return reloads_; }
    /// Messages that came twice, and how many may have been: one for each try without an answer.
    int repeated() const;
    int excuses() const;

  private:
    static constexpr std::size_t databases = 10;

    void boot();
    void end();
    void crash();
    void survive();
    void make_world(const World* before);
    void use_configuration();

    void spend_a_night();
    void change_the_world();
    void fail_and_recover();
    void handle_something();
    void reload();
    void look_at_all();
    void look_at(std::size_t index);
    void look_at_ourselves();
    bool is_open(const std::string& database) const;
    void judge();
    void pass(Duration duration);
    void make_peace();

    void take(std::vector<Pending> notices);
    void check_notice(const Notice& notice) const;
    void check_that_all_hear_of_it() const;
    void check_that_all_is_kept(const Witness& before);
    void check_that_all_is_told();
    void check(const Moody& end) const;
    void check(const Story& story, NoticeKind last_word) const;
    std::vector<Story> stories_of(const Moody& end) const;
    bool begins_anew(const Heard& heard, const Story& before) const;
    std::int64_t number_of(std::int64_t incident) const;
    bool is_silenced(const IncidentKey& key) const;

    Chance chance_;
    const Troubles troubles_;
    asio::io_context loop_{1};
    FakeClock clock_;
    LossyDisk disk_;
    TemporaryFolder folder_;
    Pool pool_{1};
    FakeNetwork web_;
    std::vector<std::shared_ptr<Moody>> ends_;
    std::array<int, databases> failures_{};
    std::array<bool, databases> is_left_out_{};
    bool is_renamed_ = false;
    int crashes_ = 0;
    int refusals_ = 0;
    int handled_ = 0;
    int reloads_ = 0;
    std::map<std::int64_t, std::int64_t> numbers_;  ///< of what was told from memory first
    std::map<std::int64_t, std::string> told_of_;   ///< incidents not recorded as over: database
    /// Of which something was told from memory alone, by a process that died.
    std::set<std::int64_t> forgotten_;
    std::set<std::int64_t> unanswered_;  ///< of what was sent last when the process died

    std::unique_ptr<Store> file_;
    std::unique_ptr<Witness> store_;
    std::shared_ptr<World> world_;
    std::unique_ptr<Scope> scope_;
    std::unique_ptr<Delivery> delivery_;
};

}  // namespace backupwatch
