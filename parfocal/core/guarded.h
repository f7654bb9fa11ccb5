#pragma once
/// Exceptions of any type as a Status: code of other rooms may throw what it likes, and the run
/// still ends with a reason and readable outputs.

#include <exception>
#include <new>
#include <system_error>

#include "parfocal/core/error.h"

namespace parfocal {

/// Of the exception that is being handled.
inline Status status_of_exception() {
  try {
    throw;
  } catch (const Error& error) {
    return Status::fail(error.issues().front());
  } catch (const std::bad_alloc&) {
    return Status::fail("the system gave no more memory",
                        "give less --memory, or raise the limit of the process (ulimit -v)");
  } catch (const std::system_error& error) {
    return Status::fail(error.what(), "raise the limits of the process (ulimit -a)");
  } catch (const std::exception& error) {
    return Status::fail(error.what());
  } catch (...) {
    return Status::fail("an exception of unknown type was thrown");
  }
}

/// f(), which gives a Status.
template <class F>
Status guarded(F&& f) {
  try {
    return f();
  } catch (...) {
    return status_of_exception();
  }
}

}  // namespace parfocal
