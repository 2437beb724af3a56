//! The token, which is never an argument: those are for all on the machine to see.

use std::path::Path;

use http::HeaderValue;

const VARIABLE: &str = "SMOKE_TOKEN";

/// What `Authorization` says, from the file or else from the environment. None where there is none.
pub(crate) fn read(file: Option<&Path>) -> Result<Option<HeaderValue>, String> {
    let (token, place) = match file {
        Some(path) => {
            let token = std::fs::read_to_string(path).map_err(|error| {
                format!("--token-file: failed to read {}: {error}", path.display())
            })?;
            (token, "--token-file")
        }
        None => match std::env::var(VARIABLE) {
            Ok(token) => (token, VARIABLE),
            Err(std::env::VarError::NotPresent) => return Ok(None),
            Err(error) => return Err(format!("{VARIABLE}: {error}")),
        },
    };
    header(token.trim_end_matches(['\n', '\r']))
        .map(Some)
        .map_err(|problem| format!("{place}: {problem}"))
}

fn header(token: &str) -> Result<HeaderValue, &'static str> {
    if token.is_empty() {
        return Err("the token is empty");
    }
    let mut header = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| "the token is not one line of plain characters")?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_line_that_is_shown_nowhere() {
        let header = header("sec\"ret").unwrap();
        assert_eq!(header.to_str().unwrap(), "Bearer sec\"ret");
        assert!(!format!("{header:?}").contains("ret"));
        assert!(super::header("").is_err());
        assert!(super::header("a\nb").is_err());
    }

    #[test]
    fn the_end_of_a_files_line_is_no_part_of_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "secret\r\n").unwrap();
        assert_eq!(read(Some(file.path())).unwrap().unwrap(), "Bearer secret");
        std::fs::write(&file, "\n").unwrap();
        assert!(read(Some(file.path())).unwrap_err().contains("empty"));
        let nowhere = Path::new("/nowhere/token");
        assert!(read(Some(nowhere)).unwrap_err().contains("failed to read"));
    }
}
