#include "notify/notifier.hpp"

namespace backupwatch {

std::string_view to_string(SendResult result) {
    switch (result) {
        case SendResult::delivered:
            return "delivered";
        case SendResult::retry:
            return "retry";
        case SendResult::ambiguous:
            return "ambiguous";
        case SendResult::bad_payload:
            return "bad_payload";
        case SendResult::broken:
            break;
    }
    return "broken";
}

}  // namespace backupwatch
