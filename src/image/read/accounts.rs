//! `/etc/passwd` and `/etc/group`: passwd(5), group(5).

use crate::image::{Group, ImageUser};

/// More than any image has; what comes after is not read.
const MOST: usize = 10_000;

/// The users. Lines that are none are passed over.
pub(super) fn users(text: &str) -> Vec<ImageUser> {
    let user = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        let home = fields.nth(1).unwrap_or_default().to_owned();
        Some(ImageUser { name, uid, gid, home })
    };
    text.lines().filter_map(user).take(MOST).collect()
}

/// The groups. Lines that are none are passed over.
pub(super) fn groups(text: &str) -> Vec<Group> {
    let group = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?.to_owned();
        let gid = fields.nth(1)?.parse().ok()?;
        let members = fields.next().unwrap_or_default().split(',').filter(|name| !name.is_empty());
        Some(Group { name, gid, members: members.map(str::to_owned).collect() })
    };
    text.lines().filter_map(group).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::{groups, users};

    #[test]
    fn lines_that_are_some_and_lines_that_are_none() {
        let found =
            users("root:x:0:0:root:/root:/bin/sh\n\n# x\nweb:x:101:102::/srv\nbad:x:y:1:::\n:x:1:1::/\nshort:x:5\n");
        let told: Vec<_> =
            found.iter().map(|user| (user.name.as_str(), user.uid, user.gid, user.home.as_str())).collect();
        assert_eq!(told, [("root", 0, 0, "/root"), ("web", 101, 102, "/srv")]);
        let found = groups("root:x:0:\nadm:x:4:web,app\nbad\n");
        let told: Vec<_> =
            found.iter().map(|group| (group.name.as_str(), group.gid, group.members.join("+"))).collect();
        assert_eq!(told, [("root", 0, String::new()), ("adm", 4, "web+app".to_owned())]);
    }
}
