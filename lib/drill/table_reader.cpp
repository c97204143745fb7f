#include "drill/table_reader.hpp"

#include "core/backup/drill_verdict.hpp"
#include "core/backup/identifier.hpp"
#include "core/failure.hpp"
#include "postgres/catalog.hpp"
#include "postgres/connection.hpp"
#include "postgres/row_hash.hpp"
#include "process/process_table.hpp"

#include <boost/asio/redirect_error.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

namespace backupwatch {
namespace {

/// A part this big keeps a reader busy for some tenths of a second: small enough that the last ones
/// end together, big enough that starting them costs nothing.
constexpr std::uint64_t part_bytes = 48ull << 20;
constexpr std::uint64_t page_bytes = 8192;
/// COPY from a range of pages needs TID range scans.
constexpr int tid_range_version = 140000;
constexpr int nicer_by = 10;

/// Where the rows of a table are found again: in itself, or in the root that they were loaded
/// through.
const std::string& place_of(const TableContent& table) {
    return table.root.empty() ? table.name : table.root;
}

/// The restore is what is timed, and what people wait for on the day: reading beside it is to use
/// what it leaves of the processors and no more. So this session's process, which is our user's or
/// we are root, is made nicer. Where that is refused, the drill is slower, not wrong. What a dump
/// makes the session say may be anybody's process: only one of this drill is touched.
Task<> give_way(Connection& session, const std::filesystem::path& folder, Duration limit) {
    if (folder.empty()) co_return;
    const QueryResult said = co_await session.query("SELECT pg_catalog.pg_backend_pid()", limit);
    const std::string& text = said.single();
    pid_t process = 0;
    std::from_chars(text.data(), text.data() + text.size(), process);
    if (process <= 0 || !works_in(process, std::filesystem::weakly_canonical(folder))) co_return;
    const auto number = static_cast<id_t>(process);
    ::setpriority(PRIO_PROCESS, number, ::getpriority(PRIO_PROCESS, number) + nicer_by);
}

bool stands_alone(const TableContent& table) {
    return table.root.empty() && table.filter.empty() && !table.is_of_extension;
}

}  // namespace

TableReader::TableReader(
    const Manifest& manifest,
    Options options,
    Pool& pool,
    ProgressSink progress,
    asio::any_io_executor executor
)
    : manifest_(manifest),
      options_(std::move(options)),
      pool_(pool),
      progress_(std::move(progress)),
      executor_(executor),
      // None of them fails: see run_reader().
      readers_(executor, [](const std::string&, const std::string&) {}),
      news_(executor, asio::steady_timer::time_point::max()) {
    done_.phase = "verify";
    for (const TableContent& table : manifest.tables) {
        by_name_.emplace(table.name, &table);
        done_.bytes_total += table.bytes;
        done_.tables_total += 1;
    }
}

void TableReader::loaded(const std::string& name) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end() || !stands_alone(*found->second)) return;
    if (!known_.insert(name).second) return;
    loaded_.emplace(found->second->bytes, found->second);
    if (readers_.size() == 0) start_reader(Reads::beside_restore);
    news_.cancel();
}

Task<> TableReader::finish() {
    co_await ask_extensions();
    enqueue_the_rest();
    all_loaded_ = true;
    news_.cancel();
    for (int i = 0; i < options_.readers && !failure_; ++i) start_reader(Reads::at_the_end);
    co_await readers_.drained();
    if (failure_) std::rethrow_exception(failure_);
}

Task<> TableReader::cancel() {
    readers_.cancel();
    co_await readers_.drained();
}

/// A file does not say which rows of an extension's table were there before it was loaded: the
/// extension that was made with it does.
Task<> TableReader::ask_extensions() {
    const bool is_any = std::ranges::any_of(manifest_.tables, &TableContent::is_of_extension);
    if (!is_any) co_return;
    const Connection::Settings settings = faithful_settings();
    auto connection = co_await Connection::connect(options_.conninfo, settings, options_.limit);
    filters_ = co_await extension_filters(*connection, options_.limit);
}

TableContent TableReader::filtered(const TableContent& table) const {
    TableContent content = table;
    const auto parts = identifier_parts(table.name);
    for (const auto& [name, filter] : filters_) {
        if (identifier_parts(name) == parts) content.filter = filter;
    }
    return content;
}

/// What was never announced: tables read as a whole (roots, extensions' tables), and those that a
/// loader did not speak of.
void TableReader::enqueue_the_rest() {
    for (const TableContent& table : manifest_.tables) {
        if (!known_.insert(place_of(table)).second) continue;
        if (stands_alone(table)) {
            loaded_.emplace(table.bytes, &table);
        } else {
            parts_.emplace(
                table.bytes,
                Part{place_of(table), copy_query(filtered(table), manifest_), table.bytes}
            );
        }
    }
}

void TableReader::start_reader(Reads when) {
    readers_.spawn("reader of restored tables", run_reader(when));
}

/// A reader that ends before its time leaves tables unread, which must not be taken for missing: so
/// finish() fails with what ended it, and the others need not go on.
Task<> TableReader::run_reader(Reads when) {
    try {
        co_await read_parts(when);
    } catch (...) {
        if (!failure_) failure_ = std::current_exception();
        news_.cancel();
    }
}

Task<> TableReader::read_parts(Reads when) {
    Connection::Settings settings = faithful_settings();
    // The later of two counts.
    if (options_.escapes_bytes) settings.emplace_back("bytea_output", "escape");
    auto connection = co_await Connection::connect(options_.conninfo, settings, options_.limit);
    if (when == Reads::beside_restore) {
        co_await give_way(*connection, options_.folder, options_.limit);
    };
    while (!failure_) {
        // With a full share of the processors the others are quicker, once there is no restore.
        if (when == Reads::beside_restore && all_loaded_) co_return;
        if (!loaded_.empty()) {
            const auto biggest = std::prev(loaded_.end());
            const TableContent* table = biggest->second;
            loaded_.erase(biggest);
            ++splitting_;
            co_await split(*connection, *table);
            --splitting_;
            news_.cancel();
        } else if (!parts_.empty()) {
            auto biggest = parts_.extract(std::prev(parts_.end()));
            co_await read(*connection, std::move(biggest.mapped()));
        } else if (all_loaded_ && splitting_ == 0) {
            co_return;
        } else {
            // Also for the parts of a table that another reader is measuring: it may be one that
            // gives way as soon as it knows them.
            boost::system::error_code woken;
            co_await news_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) co_return;
        }
    }
}

/// Turns a loaded table into parts. A table that is missing stays unread: verify() says so.
Task<> TableReader::split(Connection& connection, const TableContent& table) {
    const std::string measure = "SELECT pg_catalog.pg_relation_size(pg_catalog.to_regclass(" +
                                quote_literal(table.name) + "))";
    const QueryResult size = co_await connection.query(measure, options_.limit);
    const auto& value = size.rows.at(0).at(0);
    if (!value) co_return;

    const std::string whole = copy_query(table, manifest_.encoding);
    const std::uint64_t pages = std::stoull(*value) / page_bytes;
    const std::uint64_t step = part_bytes / page_bytes;
    if (!options_.content || pages <= step + step / 2 ||
        connection.server_version() < tid_range_version) {
        parts_.emplace(table.bytes, Part{table.name, whole, table.bytes});
        co_return;
    }
    // `COPY (SELECT ... FROM ONLY t) TO STDOUT`: the condition goes before the closing parenthesis.
    const auto end_of_select = whole.rfind(") TO STDOUT");
    for (std::uint64_t page = 0; page < pages; page += step) {
        std::string condition = " WHERE ctid >= '(" + std::to_string(page) + ",0)'";
        // The last part is open at its end: the table must be read whole, whatever its size was.
        if (page + step < pages)
            condition += " AND ctid < '(" + std::to_string(page + step) + ",0)'";
        Part part{table.name, whole, table.bytes * std::min(step, pages - page) / pages};
        part.query.insert(end_of_select, condition);
        parts_.emplace(part.bytes, std::move(part));
    }
}

Task<> TableReader::read(Connection& connection, Part part) {
    Rows rows;
    try {
        if (options_.content) {
            auto counted = std::make_shared<Rows>();
            Connection::RowSink add = [counted](std::string_view row) {
                *counted += hash_row(row);
            };
            co_await connection.copy_out(part.query, pool_, std::move(add), options_.limit);
            rows = *counted;
        } else {
            // COPY (SELECT ...) TO STDOUT, counted by the server instead of sent.
            const std::string select = part.query.substr(6, part.query.rfind(") TO STDOUT") - 6);
            const std::string count = "SELECT count(*) FROM (" + select + ") AS rows";
            const QueryResult result = co_await connection.query(count, options_.limit);
            rows.count = std::stoull(result.single());
        }
    } catch (const Failure& failure) {
        const std::string what = part.table + ": cannot be read back: " + failure.what();
        if (!speaks_of_content(failure.kind())) throw Failure(failure.kind(), what, failure.hint());
        errors_.push_back(what);
        co_return;
    }
    auto& table = tables_[part.table];
    table.rows += rows;
    table.hashed = options_.content;
    done_.bytes_done += part.bytes;
    // Until everything is in, what is shown is the restore.
    if (all_loaded_) progress_(done_);
}

}  // namespace backupwatch
