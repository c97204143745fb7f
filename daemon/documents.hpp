#pragma once
#include "app.hpp"
#include "web/routes.hpp"

namespace backupwatch {

/// Adds what is shown of the world that is in use when it is asked for: how it stands, incidents, a
/// database, a gate. `app` outlives the listeners.
void show_documents(Views& views, const App& app);

}  // namespace backupwatch
