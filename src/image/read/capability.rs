//! File capabilities, as the kernel writes them into `security.capability`.

/// Capabilities of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileCaps {
    /// Permitted, without `CAP_`, in the kernel's order.
    pub(super) names: Vec<String>,
    /// Whether the effective bit is set.
    pub(super) effective: bool,
}

/// Names by number: `include/uapi/linux/capability.h`.
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

impl FileCaps {
    /// Read `struct vfs_cap_data` (revision 1 has 12 bytes, 2 has 20, 3 has 24). `None` when it is none, or gives nothing.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let magic = word(0)?;
        let permitted = match (magic >> 24, bytes.len()) {
            (1, 12) => u64::from(word(4)?),
            (2, 20) | (3, 24) => u64::from(word(4)?) | u64::from(word(12)?) << 32,
            _ => return None,
        };
        let names = NAMES.iter().enumerate().filter(|(bit, _)| permitted >> bit & 1 == 1);
        let names: Vec<String> = names.map(|(_, name)| (*name).to_owned()).collect();
        (!names.is_empty()).then_some(Self { names, effective: magic & 1 == 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::FileCaps;

    fn parse(bytes: &[u8]) -> Option<(Vec<String>, bool)> {
        FileCaps::parse(bytes).map(|caps| (caps.names, caps.effective))
    }

    /// `setcap cap_net_bind_service=+ep`, then `+p`, as getfattr shows them.
    #[test]
    fn revision_2() {
        let mut bytes = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(parse(&bytes), Some((vec!["NET_BIND_SERVICE".to_owned()], true)));
        bytes[0] = 0;
        assert_eq!(parse(&bytes), Some((vec!["NET_BIND_SERVICE".to_owned()], false)));
    }

    #[test]
    fn revision_3_has_a_root_user_and_the_upper_half_counts() {
        let mut bytes = [0; 24];
        bytes[3] = 3;
        bytes[12] = 1 << 6;
        bytes[20] = 7;
        assert_eq!(parse(&bytes), Some((vec!["PERFMON".to_owned()], false)));
    }

    #[test]
    fn what_is_none() {
        assert_eq!(parse(&[]), None);
        assert_eq!(parse(&[1, 0, 0, 2]), None);
        assert_eq!(parse(&[0; 20]), None);
        assert_eq!(parse(&[1, 0, 0, 9, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }
}
