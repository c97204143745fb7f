#pragma once
#include "async/task.hpp"
#include "core/failure.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <string>
#include <utility>

namespace backupwatch {

/// The edge of a unit of work, below which anything may throw anything: what is neither a Failure
/// nor a cancellation comes out as Failure::internal. So it is judged and told like any other,
/// instead of ending the task that would have told it and leaving old green standing.
template <class T>
Task<T> as_failure(Task<T> work) {
    std::string error;
    try {
        co_return co_await std::move(work);
    } catch (const Failure&) {
        throw;
    } catch (const boost::system::system_error& failure) {
        if (failure.code() == asio::error::operation_aborted) throw;
        error = failure.what();
    } catch (const std::exception& failure) {
        error = failure.what();
    }
    throw Failure(Failure::Kind::internal, error);
}

}  // namespace backupwatch
