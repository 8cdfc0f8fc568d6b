//! What the kubelet makes of an image's user when a pod says `runAsNonRoot: true` and no number.

/// The kubelet's verdict. Its source: `verifyRunAsNonRoot` in `pkg/kubelet/kuberuntime/security_context.go`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonRoot {
    /// The image's user is a number above 0: it starts.
    Starts,
    /// The image's user is root: refused.
    Root,
    /// The image's user is a name, whose number the kubelet does not look up: refused.
    Named,
}

impl NonRoot {
    /// The verdict on an image's `USER`: empty, a name, a number, either with a group.
    pub fn of(user: &str) -> Self {
        match user.split(':').next().unwrap_or_default() {
            "" => Self::Root,
            user => match user.parse::<i64>() {
                Ok(0) => Self::Root,
                Ok(_) => Self::Starts,
                Err(_) => Self::Named,
            },
        }
    }

    /// The kubelet's words where it refuses.
    pub fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Starts => None,
            Self::Root => Some("image will run as root"),
            Self::Named => Some("image has non-numeric user"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_above_0_is_what_counts() {
        for (user, verdict) in [
            ("", NonRoot::Root),
            ("0", NonRoot::Root),
            ("0:1000", NonRoot::Root),
            ("101", NonRoot::Starts),
            ("10001:0", NonRoot::Starts),
            ("nginx", NonRoot::Named),
            ("root", NonRoot::Named),
            ("nobody:nogroup", NonRoot::Named),
            (":5", NonRoot::Root),
        ] {
            assert_eq!(NonRoot::of(user), verdict, "{user}");
        }
    }
}
