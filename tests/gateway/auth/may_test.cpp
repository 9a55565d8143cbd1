#include "gateway/auth/may.hpp"

#include <catch2/catch.hpp>

using namespace gateway;
using auth::may;
using auth::Purpose;
using http::Role;

namespace {
constexpr store::Tenant own{1}, foreign{2};
constexpr PatientId patient{17};
constexpr Purpose purposes[] = {Purpose::care, Purpose::alarm_handling, Purpose::plan, Purpose::administration,
                                Purpose::ingest};

auth::Actor actor(http::Roles roles) {
  return {"someone", own, "bodo", roles, {}};
}
}  // namespace

TEST_CASE("may: what each role reaches in its own tenant", "[auth]") {
  struct Row {
    const char* name;
    Role role;
    bool care, alarms, plan, administration, ingest;
  };
  const Row rows[] = {{"response-centre", Role::response_centre, true, true, true, false, false},
                      {"clinician", Role::clinician, true, false, true, false, false},
                      {"hospital", Role::hospital, true, false, false, false, false},
                      {"admin", Role::admin, false, false, false, true, false},
                      {"source", Role::source, false, false, false, false, true}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      auth::Actor someone = actor(static_cast<http::Roles>(row.role));
      CHECK(may(someone, own, patient, Purpose::care) == row.care);
      CHECK(may(someone, own, patient, Purpose::alarm_handling) == row.alarms);
      CHECK(may(someone, own, patient, Purpose::plan) == row.plan);
      CHECK(may(someone, own, patient, Purpose::administration) == row.administration);
      CHECK(may(someone, own, patient, Purpose::ingest) == row.ingest);
    }
  }
}

TEST_CASE("may: no role and no purpose reaches another tenant, or a thing of none", "[auth][tenant]") {
  // Every set of roles, the full one included.
  for (unsigned roles = 0; roles < 32; ++roles) {
    auth::Actor someone = actor(static_cast<http::Roles>(roles));
    for (Purpose purpose : purposes) {
      CAPTURE(roles, auth::name(purpose));
      CHECK_FALSE(may(someone, foreign, patient, purpose));
      CHECK_FALSE(may(someone, foreign, PatientId{}, purpose));
      CHECK_FALSE(may(someone, store::Tenant::none, patient, purpose));
    }
  }
}

TEST_CASE("may: an actor without tenant reaches nothing, not even things without tenant", "[auth][tenant]") {
  auth::Actor nobody = actor(0xff);
  nobody.tenant = store::Tenant::none;
  for (Purpose purpose : purposes) CHECK_FALSE(may(nobody, store::Tenant::none, patient, purpose));
}

TEST_CASE("may: several roles reach what any of them reaches", "[auth]") {
  auth::Actor both = actor(Role::admin | Role::clinician);
  CHECK(may(both, own, patient, Purpose::administration));
  CHECK(may(both, own, patient, Purpose::care));
  CHECK_FALSE(may(both, own, patient, Purpose::alarm_handling));
}
