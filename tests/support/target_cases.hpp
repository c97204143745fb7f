#pragma once
#include "core/backup/restore_target.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <span>
#include <string>
#include <utility>

namespace backupwatch {

/// A server that takes the backup, before anybody has looked for the database.
inline TargetFacts facts_of_target(std::string place, std::string name) {
    TargetFacts facts;
    facts.place = std::move(place);
    facts.name = std::move(name);
    facts.system_identifier = "7";
    facts.server_version = 150004;
    facts.may_create = true;
    facts.backup_version = 150004;
    facts.encoding = "UTF8";
    return facts;
}

/// What is otherwise there, and what is said of it then.
struct TargetCase {
    const char* name;
    std::function<void(TargetFacts&)> change;
    TargetDecision::Step step;
    const char* words;      ///< of the sentence
    const char* hint = "";  ///< of the hint, which a refusal alone has
};

inline void expect_decisions(const TargetFacts& usual, std::span<const TargetCase> table) {
    for (const TargetCase& one : table) {
        TargetFacts facts = usual;
        one.change(facts);
        const TargetDecision decision = decide_target(facts);
        EXPECT_EQ(decision.step, one.step) << one.name << ": " << decision.sentence;
        EXPECT_NE(decision.sentence.find(one.words), std::string::npos)
            << one.name << ": " << decision.sentence;
        const bool is_refused = one.step == TargetDecision::Step::refuse;
        EXPECT_EQ(decision.hint.empty(), !is_refused) << one.name;
        EXPECT_NE(decision.hint.find(one.hint), std::string::npos)
            << one.name << ": " << decision.hint;
    }
}

}  // namespace backupwatch
