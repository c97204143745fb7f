// What dumps hold, night after night: who is told of what is missing, and which dump stays for it.
#include "watch/shapes.hpp"

#include "unit/watch/fixture.hpp"

namespace backupwatch {
namespace {

class Shapes : public Watch {
  protected:
    Shapes() { begin_anew(); }

    /// As a restart does: with the state that was kept, and the same dumps.
    void begin_anew() {
        std::vector<Backup> backups;
        std::map<std::string, Shape> shapes;
        if (world) {
            backups = source().backups;
            shapes = source().shapes;
            end_all();
        }
        world = make_world();
        set = &add_set(*world);
        set->settings.drill.reset();
        source().backups = std::move(backups);
        source().shapes = std::move(shapes);
        source().takes_backups = takes_backups;
    }

    FakeSource& source() { return source_of(*set); }

    /// The dump of a night, with so many rows of `posts`; none: that table is gone.
    Backup dump(std::optional<std::uint64_t> posts) {
        clock.advance(24h);
        const Backup backup = source().add(clock.now());
        Shape& shape = source().shapes[backup.id];
        shape.id = backup.id;
        shape.tables["users"].rows = 10;
        if (posts) shape.tables["posts"].rows = *posts;
        return backup;
    }

    std::optional<Finding> looked() {
        for (const Finding& finding : run_on(loop, look(*world, *set))) {
            if (finding.check == "shape") return finding;
        }
        return std::nullopt;
    }
    Severity severity() { return looked().value().severity; }
    std::string reference() const { return set->memory->shape->losses.at(0).reference; }

    /// Another tool writes each night's dump in the place of the last.
    void write_over(std::optional<std::uint64_t> posts) {
        const Backup backup = dump(posts);
        Shape shape = source().shapes[backup.id];
        shape.id = "shop.sql";
        source().backups = {backup};
        source().backups[0].id = "shop.sql";
        source().shapes = {{"shop.sql", shape}};
    }

    std::shared_ptr<World> world;
    WatchedSet* set = nullptr;
    bool takes_backups = true;
};

TEST_F(Shapes, that_lack_a_table_are_told_until_somebody_accepts) {
    dump(900);
    const Backup whole = dump(950);
    EXPECT_EQ(severity(), Severity::ok);

    dump(std::nullopt);
    EXPECT_EQ(severity(), Severity::warning);
    dump(std::nullopt);
    EXPECT_EQ(severity(), Severity::warning) << "it is still gone a night later";
    EXPECT_EQ(reference(), whole.id);

    begin_anew();
    EXPECT_EQ(severity(), Severity::warning) << "a restart changes nothing";
    EXPECT_EQ(reference(), whole.id);

    EXPECT_EQ(run_on(loop, accept_shape(*world, *set)).losses.size(), 1u);
    EXPECT_EQ(severity(), Severity::ok);
    begin_anew();
    EXPECT_EQ(severity(), Severity::ok) << "accepted for ever";
    dump(std::nullopt);
    EXPECT_EQ(severity(), Severity::ok);
}

TEST_F(Shapes, whose_rows_come_back_are_over_by_themselves) {
    dump(900);
    dump(0);
    EXPECT_EQ(severity(), Severity::warning);
    dump(901);
    EXPECT_EQ(severity(), Severity::ok);
}

TEST_F(Shapes, are_read_once) {
    dump(900);
    dump(900);
    looked();
    EXPECT_EQ(source().shapes_read, 2);
    looked();
    EXPECT_EQ(source().shapes_read, 2);
    dump(900);
    looked();
    EXPECT_EQ(source().shapes_read, 4) << "the newest, and what it is held against";
}

TEST_F(Shapes, that_cannot_be_read_are_not_fine) {
    dump(900);
    EXPECT_EQ(severity(), Severity::ok);
    dump(900);
    source().shape_fails = Failure(Failure::Kind::denied, "Permission denied");
    EXPECT_EQ(severity(), Severity::unknown);
    source().shape_fails.reset();
    EXPECT_EQ(severity(), Severity::ok);
}

TEST_F(Shapes, whose_last_whole_dump_was_removed_are_over) {
    const Backup whole = dump(900);
    dump(0);
    dump(0);
    EXPECT_EQ(severity(), Severity::warning);
    run_on(loop, source().remove({whole.id}));
    EXPECT_EQ(severity(), Severity::ok) << "nobody can give back what it had";
}

TEST_F(Shapes, of_a_file_that_is_written_over_each_night_are_held_against_the_night_before) {
    source().takes_backups = takes_backups = false;
    write_over(900);
    EXPECT_EQ(severity(), Severity::ok);
    begin_anew();
    write_over(std::nullopt);
    EXPECT_EQ(looked()->summary.substr(0, 34), "posts is gone, which had 900 rows.");
    write_over(std::nullopt);
    begin_anew();
    EXPECT_EQ(severity(), Severity::warning) << "a night later, and after a restart";
    write_over(901);
    EXPECT_EQ(severity(), Severity::ok) << "it is back";

    write_over(0);
    EXPECT_EQ(severity(), Severity::warning);
    run_on(loop, accept_shape(*world, *set));
    begin_anew();
    write_over(0);
    EXPECT_EQ(severity(), Severity::ok);
}

TEST_F(Shapes, of_a_set_that_others_fill_are_told_though_the_last_whole_dump_was_rotated_away) {
    source().takes_backups = takes_backups = false;
    const Backup whole = dump(900);
    EXPECT_EQ(severity(), Severity::ok);
    dump(0);
    EXPECT_EQ(severity(), Severity::warning);
    run_on(loop, source().remove({whole.id}));
    dump(0);
    EXPECT_EQ(severity(), Severity::warning);
    EXPECT_EQ(
        looked()->summary,
        "posts has lost all of its 900 rows. " + whole.id +
            ", the last backup that had it, may be gone: others fill this set. Told until somebody "
            "accepts it"
    );
    dump(900);
    EXPECT_EQ(severity(), Severity::ok);
}

TEST_F(Shapes, whose_last_whole_dump_reads_as_damaged_go_on) {
    const Backup whole = dump(900);
    dump(0);
    EXPECT_EQ(severity(), Severity::warning);
    for (const auto status : {BackupStatus::failed, BackupStatus::unknown}) {
        source().backups.front().status = status;
        EXPECT_EQ(severity(), Severity::warning);
        EXPECT_EQ(reference(), whole.id);
        EXPECT_TRUE(held_for_shape(*set).contains(whole.id));
    }
    dump(0);
    EXPECT_EQ(severity(), Severity::warning);
}

TEST_F(Shapes, that_were_accepted_stay_so_though_an_older_dump_outlives_them) {
    dump(900);
    const Backup accepted = dump(std::nullopt);
    EXPECT_EQ(severity(), Severity::warning);
    run_on(loop, accept_shape(*world, *set));
    dump(std::nullopt);
    EXPECT_EQ(severity(), Severity::ok);
    run_on(loop, source().remove({accepted.id}));
    begin_anew();
    EXPECT_EQ(severity(), Severity::ok);
}

TEST_F(Shapes, are_not_accepted_while_the_state_refuses) {
    dump(900);
    dump(0);
    EXPECT_EQ(severity(), Severity::warning);
    store.refuses = true;
    EXPECT_THROW(run_on(loop, accept_shape(*world, *set)), Failure);
    store.refuses = false;
    EXPECT_EQ(severity(), Severity::warning);
}

TEST_F(Shapes, are_not_compared_before_it_is_known_what_was_accepted) {
    store.refuses_shapes = true;
    EXPECT_EQ(looked(), std::nullopt) << "there is none to compare";
    dump(900);
    dump(0);
    const auto finding = looked();
    ASSERT_TRUE(finding) << "an incident that is open is not over";
    EXPECT_EQ(finding->severity, Severity::unknown);
    EXPECT_TRUE(finding->summary.ends_with("the state could not be read: the disk fails"))
        << finding->summary;
    EXPECT_THROW(held_for_shape(*set), Failure) << "so nothing expires";
    store.refuses_shapes = false;
    EXPECT_EQ(severity(), Severity::warning);
}

TEST_F(Shapes, are_no_finding_where_the_state_is_in_memory_which_is_told_by_itself) {
    dump(900);
    dump(0);
    world->state_alarm = "database or disk is full";
    EXPECT_EQ(looked(), std::nullopt);
    EXPECT_THROW(held_for_shape(*set), Failure);
}

TEST_F(Shapes, that_go_while_they_are_read_are_no_alarm) {
    dump(900);
    dump(900);
    source().shape_fails = Failure(Failure::Kind::missing, "there is no such dump");
    EXPECT_EQ(looked(), std::nullopt);
    source().shape_fails.reset();
    EXPECT_EQ(severity(), Severity::ok);
}

TEST_F(Shapes, of_a_source_that_cannot_tell_are_no_finding) {
    source().add(clock.now());
    EXPECT_EQ(looked(), std::nullopt);
}

TEST_F(Shapes, hold_the_last_dump_that_lacked_nothing) {
    set->settings.retention.keep = 72h;
    set->settings.retention.keep_at_least = 1;
    const Backup older = dump(900);
    const Backup whole = dump(900);
    for (int night = 0; night < 6; ++night) dump(0);
    looked();
    const auto take_one = [&]() -> Task<> {
        ProgressSink nobody = [](const Progress&) {};
        source().shapes[to_rfc3339(clock.now())] = source().shapes.rbegin()->second;
        const SlotOf none;
        co_await take(*world, *set, TakeRequest(), none, std::move(nobody));
    };
    begin(take_one());
    clock.settle();

    const auto& removed = source().removed;
    EXPECT_TRUE(std::ranges::count(removed, older.id)) << "as old as is not held";
    EXPECT_FALSE(std::ranges::count(removed, whole.id));
    EXPECT_GT(removed.size(), 1u);
}

}  // namespace
}  // namespace backupwatch
