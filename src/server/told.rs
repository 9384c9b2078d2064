//! Errors in words.

/// An error with its causes, each once: most of ours say theirs already.
pub fn told(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if told.is_empty() {
            told = cause;
        } else if !told.ends_with(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_is_told_once() {
        let error = std::io::Error::other("no room");
        let error = anyhow::Error::from(error)
            .context("write a: no room")
            .context("start");
        assert_eq!(told(&error), "start: write a: no room");
        let error = anyhow::anyhow!("deep").context("middle").context("top");
        assert_eq!(told(&error), "top: middle: deep");
    }
}
