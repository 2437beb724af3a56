//! Production smoke tests: the test, its fixtures, the registry, the runner, the endpoint.
