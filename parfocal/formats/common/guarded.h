#pragma once
/// Exceptions stay within a sink: its threads have nobody to catch them, its callers want a Status.

#include <exception>
#include <new>

#include "parfocal/core/error.h"

namespace parfocal {

/// What `act` returns, or its exception, as a Status: sinks do not throw.
template <class F>
Status guarded(F&& act) {
  try {
    return act();
  } catch (const Error& error) {
    return Status::fail(error.issues().front());
  } catch (const std::bad_alloc&) {
    return Status::fail(Issue{"there is not enough memory to write the file", "", "", "", ""});
  } catch (const std::exception& error) {
    return Status::fail(Issue{error.what(), "", "", "", ""});
  }
}

}  // namespace parfocal
