#pragma once
#include <map>
#include <memory>
#include <string>

namespace backupwatch {

/// What sources of one kind share, over databases and over a reload: the allowance of a token, say.
/// Each kind derives its own, and finds it under a name that begins with its kind's.
struct SourceCommon {
    virtual ~SourceCommon() = default;
};
using SourceCommons = std::map<std::string, std::shared_ptr<SourceCommon>>;

/// The one under that name; made where there is none.
template <class Common>
std::shared_ptr<Common> common_of(SourceCommons& commons, const std::string& name) {
    auto& common = commons[name];
    if (!common) common = std::make_shared<Common>();
    return std::static_pointer_cast<Common>(common);
}

}  // namespace backupwatch
