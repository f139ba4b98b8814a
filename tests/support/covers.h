// covers("6.1/offset"): how a case outside the session's room says which clauses of the behavioural
// reference it proves. tests/session/clauses_test.cpp reads the calls and checks the ids.
#pragma once

namespace playhead::test {

template <class... Ids>
void covers(const Ids&...) {}

} // namespace playhead::test
