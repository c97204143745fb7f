#include "core/wording/advice.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace backupwatch {
namespace {

/// Whom the advice is for.
struct Case {
    std::string target;  ///< a word for the shell
    std::string set;     ///< likewise, or empty
    Severity severity;
    const Links& links;

    bool is(Severity other) const { return severity == other; }
};

using Advices = std::vector<Advice>;

Advice command(std::string text, std::string line) {
    return {std::move(text), std::move(line), ""};
}

Advice words(std::string text) {
    return {std::move(text), "", ""};
}

Advice look_again(const Case& at) {
    return command("Look again, and read what is found", "backupwatch check " + at.target);
}

Advice list(const Case& at) {
    return command("See which backups there are", "backupwatch list " + at.target);
}

Advice drill(const Case& at, const char* text) {
    return command(text, "backupwatch drill " + at.target);
}

/// The provider's page, where there is one.
void add_provider(Advices& advices, const Case& at, const char* text) {
    if (!at.links.provider.empty()) advices.push_back({text, "", at.links.provider});
}

Advices on_backup(const Case& at) {
    if (at.is(Severity::unknown)) {
        Advices advices{
            look_again(at),
            command(
                "See whether the rest of the set-up answers", "backupwatch check-config --online"
            ),
        };
        add_provider(advices, at, "See whether the provider shows the backup");
        return advices;
    }
    Advices advices{look_again(at), list(at)};
    add_provider(advices, at, "See what the provider says of it");
    advices.push_back(command(
        "Take one now, where the dumps are taken by backupwatch", "backupwatch backup " + at.target
    ));
    return advices;
}

Advices on_retention(const Case& at) {
    Advices advices;
    if (at.is(Severity::critical)) {
        advices.push_back(words(
            "Find out who or what removed the backups, and stop it; migrate and delete nothing "
            "until there is a backup again"
        ));
        advices.push_back(command(
            "Take one now, where the dumps are taken by backupwatch",
            "backupwatch backup " + at.target
        ));
    }
    advices.push_back(list(at));
    add_provider(advices, at, "Compare with how long the provider keeps backups");
    return advices;
}

Advices on_size(const Case& at) {
    if (at.is(Severity::critical)) {
        return {
            list(at),
            command(
                "Take another one now, where the dumps are taken by backupwatch",
                "backupwatch backup " + at.target
            ),
        };
    }
    return {
        words("Find out whether that much data was added or removed on purpose"),
        list(at),
        drill(at, "See whether it restores"),
    };
}

Advices on_shape(const Case& at) {
    return {
        words("Where something is gone, find out whether it was removed on purpose; the last dump "
              "that still has it is held, and does not expire"),
        command("If it was, say so, and let that dump go", "backupwatch accept " + at.target),
        list(at),
        command(
            "See whether an older dump restores with what is missing",
            "backupwatch drill " + at.target + " --backup ID"
        ),
    };
}

Advices on_restore(const Case& at) {
    if (at.is(Severity::critical)) {
        return {
            words("Do not rely on this backup; an older one that passed a drill may be needed"),
            command(
                "Restore it once more, with a report",
                "backupwatch drill " + at.target + " --report drill.md"
            ),
            list(at),
        };
    }
    if (at.is(Severity::unknown)) {
        return {
            words("The backup may be good: mend what kept the drill from running"),
            command("See what is missing on this host", "backupwatch check-config --online"),
            drill(at, "Then run it again"),
        };
    }
    return {
        drill(at, "Run a drill now, and see how long each phase takes"),
        command("See the last drill of each set", "backupwatch status"),
    };
}

Advices on_disk(const Case& at) {
    Advices advices;
    if (at.is(Severity::unknown)) {
        advices.push_back(words("How full the disk is cannot be seen: find out why"));
    } else if (at.is(Severity::critical)) {
        advices.push_back(
            words("Free space or enlarge the disk now: what is full takes no more writes")
        );
    } else {
        advices.push_back(words("Free space or enlarge the disk before it is full"));
    }
    add_provider(advices, at, "See the disk at the provider's");
    advices.push_back(look_again(at));
    return advices;
}

Advices on_our_disk(const Case& at) {
    Advices advices;
    if (!at.is(Severity::unknown)) {
        advices.push_back(words(
            "Free space on the volume of this host: without it no dump and no drill is possible"
        ));
    }
    const char* const look =
        at.is(Severity::unknown) ? "See whether it answers" : "See what fills it";
    advices.push_back(command(look, "df -h"));
    advices.push_back(command("See how it stands", "backupwatch status"));
    return advices;
}

Advices on_source(const Case& at) {
    Advices advices{
        command(
            "See whether it can be reached, and whether it lets us in",
            "backupwatch check-config --online"
        ),
        look_again(at),
    };
    add_provider(advices, at, "Look at the provider itself, and whether it has an outage");
    return advices;
}

/// A server, a log-in or a project that several databases share.
Advices on_shared_cause(const Case&) {
    return {
        command(
            "See whether it can be reached, and whether it lets us in",
            "backupwatch check-config --online"
        ),
        command(
            "When it does again, take the dump that is missing, of each of them",
            "backupwatch backup DATABASE"
        ),
        command("See how it stands", "backupwatch status"),
    };
}

Advices on_pitr(const Case& at) {
    Advices advices;
    add_provider(advices, at, "See whether point-in-time recovery is on at the provider's");
    advices.push_back(look_again(at));
    advices.push_back(list(at));
    return advices;
}

Advices on_project(const Case& at) {
    Advices advices;
    add_provider(advices, at, "Look at the project at the provider's");
    advices.push_back(look_again(at));
    if (!at.is(Severity::critical)) {
        advices.push_back(
            command("If it was changed on purpose, say so", "backupwatch accept " + at.target)
        );
    }
    return advices;
}

Advices on_state(const Case&) {
    return {
        words("Read what backupwatch says, in its log (`journalctl -u backupwatch` under systemd)"),
        command("See whether the volume of state_dir is full", "df -h"),
        command("See how it stands", "backupwatch status"),
    };
}

/// The daemon itself, told by what supervises it.
Advices on_service(const Case&) {
    return {
        command("See why it ended", "journalctl --unit=backupwatch --lines=50"),
        command("See whether its configuration is good", "backupwatch check-config"),
        command("Then start it again", "systemctl start backupwatch"),
    };
}

Advices on_clock(const Case&) {
    return {
        command("See whether the clock is synchronised", "timedatectl"),
        command("See how it stands", "backupwatch status"),
    };
}

Advices on_delivery(const Case& at) {
    return {
        command(
            "Send a test, and read what the other end answers (to a pager with --page: it calls "
            "somebody, and takes it back at once)",
            "backupwatch notify-test" + (at.set.empty() ? "" : " " + at.set)
        ),
        words(
            at.is(Severity::critical)
                ? "Mend its address, key or password in the configuration, or have its server's "
                  "certificate renewed; nothing is lost meanwhile"
                : "Look at its server and at the way there, or have the certificate renewed that "
                  "expires; nothing is lost meanwhile"
        ),
    };
}

Advices on_after_backup(const Case& at) {
    return {
        words(
            "Run the program by hand as the user of backupwatch, on the backup's folder, and mend "
            "what it says"
        ),
        command("Take a dump, which the program gets at once", "backupwatch backup " + at.target),
        list(at),
    };
}

Advices on_anything_else(const Case& at) {
    return {look_again(at), command("See how it stands", "backupwatch status")};
}

constexpr std::array<std::pair<std::string_view, Advices (*)(const Case&)>, 14> table{{
    {"backup", on_backup},
    {"retention", on_retention},
    {"size", on_size},
    {"shape", on_shape},
    {"restore", on_restore},
    {"after_backup", on_after_backup},
    {"disk", on_disk},
    {"source", on_source},
    {"pitr", on_pitr},
    {"project", on_project},
    {"state", on_state},
    {"service", on_service},
    {"clock", on_clock},
    {"delivery", on_delivery},
}};

}  // namespace

std::string shell_word(std::string_view text) {
    const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return is_letter || (c >= '0' && c <= '9') ||
               std::string_view("._-/:@").find(c) != std::string_view::npos;
    });
    if (is_plain && text.front() != '-') return std::string(text);
    std::string word = "'";
    for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
}

std::vector<Advice> advice_for(const Notice& notice, const Links& links) {
    const IncidentKey& key = notice.key;
    const bool is_ours = key.database.empty() || key.database == "backupwatch";
    const Case at{
        shell_word(target_of(key)),
        key.set.empty() ? "" : shell_word(key.set),
        notice.severity,
        links};
    Advices advices;
    const auto* row = std::find_if(table.begin(), table.end(), [&](const auto& entry) {
        return entry.first == key.check;
    });
    if (is_ours && key.check == "disk") {
        advices = on_our_disk(at);
    } else if (is_ours && key.check == "source") {
        advices = on_shared_cause(at);
    } else {
        advices = row == table.end() ? on_anything_else(at) : row->second(at);
    }
    if (!links.runbook.empty()) advices.push_back({"Follow the runbook", "", links.runbook});
    if (!links.dashboard.empty()) advices.push_back({"See the dashboard", "", links.dashboard});
    return advices;
}

}  // namespace backupwatch
