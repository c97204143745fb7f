#include "drill/pages.hpp"

#include "core/text.hpp"
#include "net/http_reader.hpp"

#include <utility>

namespace backupwatch {
namespace {

VerifiedCheck judge_page(const RunbookSettings::Page& page, const HttpReply& reply) {
    VerifiedCheck check;
    check.name = clean_line(page.url);
    check.ok = reply.status == page.expect;
    check.detail = reply.status == 0 ? clean_line(reply.error) : std::to_string(reply.status);
    if (!check.ok) check.detail += ", not " + std::to_string(page.expect);
    return check;
}

}  // namespace

Task<std::vector<VerifiedCheck>> ask_pages(
    HttpClient& web, std::vector<RunbookSettings::Page> pages, NetworkSettings network
) {
    HttpReader reader(web);
    std::vector<VerifiedCheck> checks;
    for (const RunbookSettings::Page& page : pages) {
        HttpRequest request;
        request.url = Secret(page.url);
        request.network = network;
        const HttpReply reply = co_await reader.get(std::move(request));
        checks.push_back(judge_page(page, reply));
    }
    co_return checks;
}

}  // namespace backupwatch
