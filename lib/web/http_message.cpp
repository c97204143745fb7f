#include "web/http_message.hpp"

#include "json/text.hpp"

#include <boost/json/object.hpp>

namespace backupwatch {

HttpResponse error_response(int status, const std::string& message) {
    HttpResponse response;
    response.status = status;
    const boost::json::object document{{"error", message}};
    response.body = json_text(document) + "\n";
    return response;
}

}  // namespace backupwatch
