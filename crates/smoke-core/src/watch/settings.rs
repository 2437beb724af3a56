//! What the environment says, without a rebuild.

use std::ffi::OsString;
use std::time::Duration;

/// Set to anything but `0` or `false` to switch all runs off.
const OFF: &str = "SMOKE_OFF";
/// Tests that are not run: selectors, separated by commas.
const SKIP: &str = "SMOKE_SKIP";
/// `off`, or the period of all schedules.
const SCHEDULE: &str = "SMOKE_SCHEDULE";
/// What identifies the build, where the registry does not say so itself.
const BUILD: &str = "SMOKE_BUILD";

/// The variables of the environment for smoke tests, as they were when the registry was made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) off: bool,
    pub(crate) skip: Vec<String>,
    pub(crate) schedule: Option<Periods>,
    pub(crate) build: Option<String>,
    /// Which are set.
    pub(crate) names: Vec<&'static str>,
    /// What cannot be read.
    pub(crate) problems: Vec<String>,
}

/// What the environment says of the schedules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Periods {
    Off,
    Every(Duration),
}

impl Settings {
    pub(crate) fn from_env() -> Self {
        Self::read(|name| std::env::var_os(name))
    }

    /// An empty variable counts as one that is not set.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let mut settings = Self::default();
        for name in [OFF, SKIP, SCHEDULE, BUILD] {
            let Some(value) = variable(name).filter(|value| !value.is_empty()) else {
                continue;
            };
            let value = match value.into_string() {
                Ok(value) => value,
                // Whoever sets it means to switch off.
                Err(_) if name == OFF => "1".to_owned(),
                Err(_) => {
                    settings.names.push(name);
                    settings.problems.push(format!("{name} is not UTF-8"));
                    continue;
                }
            };
            if settings.take(name, value) {
                settings.names.push(name);
            }
        }
        settings
    }

    /// Takes a value; whether it says anything.
    fn take(&mut self, name: &str, value: String) -> bool {
        match name {
            OFF => {
                self.off = !matches!(&*value, "0" | "false");
                return self.off;
            }
            SKIP => {
                let selectors = value.split(',').map(str::trim);
                let selectors = selectors.filter(|selector| !selector.is_empty());
                self.skip = selectors.map(str::to_owned).collect();
            }
            SCHEDULE => match periods(&value) {
                Ok(periods) => self.schedule = Some(periods),
                Err(why) => self.problems.push(format!(
                    "{SCHEDULE} is {value:?} ({why}): write off, or a time such as 30s or 5m"
                )),
            },
            _ => self.build = Some(value),
        }
        true
    }
}

fn periods(value: &str) -> Result<Periods, String> {
    let value = value.trim();
    if value.eq_ignore_ascii_case("off") {
        return Ok(Periods::Off);
    }
    let period = humantime::parse_duration(value).map_err(|error| error.to_string())?;
    match super::Schedule::every(period).problem() {
        None => Ok(Periods::Every(period)),
        Some(problem) => Err(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Settings {
        Settings::read(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).into())
        })
    }

    #[test]
    fn each_variable_is_read_and_named() {
        let settings = read(&[
            ("SMOKE_OFF", "1"),
            ("SMOKE_SKIP", "shop::disk, tag:mail,"),
            ("SMOKE_SCHEDULE", "5m"),
            ("SMOKE_BUILD", "4f2a91c"),
        ]);
        assert!(settings.off);
        assert_eq!(settings.skip, ["shop::disk", "tag:mail"]);
        let period = Duration::from_secs(300);
        assert_eq!(settings.schedule, Some(Periods::Every(period)));
        assert_eq!(settings.build.as_deref(), Some("4f2a91c"));
        assert_eq!(settings.names, [OFF, SKIP, SCHEDULE, BUILD]);
        assert!(settings.problems.is_empty());
    }

    #[test]
    fn what_is_not_set_or_says_nothing_changes_nothing() {
        let nothing = read(&[("SMOKE_OFF", "0"), ("SMOKE_SKIP", ""), ("SMOKE_BUILD", "")]);
        assert!(!nothing.off && nothing.names.is_empty() && nothing.build.is_none());
        assert_eq!(
            read(&[("SMOKE_SCHEDULE", "OFF")]).schedule,
            Some(Periods::Off)
        );
    }

    #[test]
    fn what_cannot_be_read_is_a_problem_that_names_it() {
        for value in ["soon", "5x", "1ms", "-1s", "99999999999999999999s"] {
            let settings = read(&[("SMOKE_SCHEDULE", value)]);
            let [problem] = &settings.problems[..] else {
                panic!("{settings:?}");
            };
            assert!(problem.contains("SMOKE_SCHEDULE") && problem.contains(value));
            assert_eq!(settings.schedule, None);
        }
    }
}
