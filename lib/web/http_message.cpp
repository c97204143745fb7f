#include "web/http_message.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace backupwatch {

HttpResponse error_response(int status, const std::string& message) {
    HttpResponse response;
    response.status = status;
    const boost::json::object document{{"error", message}};
    response.body = boost::json::serialize(document) + "\n";
    return response;
}

}  // namespace backupwatch
