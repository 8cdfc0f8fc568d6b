//! What the words of a command line ask for: kubectl's grammar of resource arguments, with its sentences for what it does not
//! take.

/// The flags beside the words.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flags<'f> {
    /// How the user calls the verb, such as `kubectl harden check`.
    pub command: &'f str,
    /// Label selector.
    pub labels: Option<&'f str>,
    /// Field selector.
    pub fields: Option<&'f str>,
    /// `--all`.
    pub all: bool,
    /// `--all-namespaces`.
    pub all_namespaces: bool,
    /// Whether manifests are named, too.
    pub files: bool,
    /// Whether a type alone means all objects of it, as for verbs that only read.
    pub reads: bool,
}

/// Which objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// These: the word for the type and the name of each.
    Named(Vec<(String, String)>),
    /// All of these types, as far as the selectors take them. A word may be a category.
    Types(Vec<String>),
    /// All workloads, as far as the selectors take them.
    Workloads,
}

/// A combination that is not taken. Its text is kubectl's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WordError(String);

const MISSING: &str = "You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'";

const NAMELESS: &str = "resource(s) were provided, but no name was specified\n  name them, or use --all, -l or -A";

/// Read the words.
pub fn parse(words: &[String], flags: &Flags<'_>) -> Result<Asked, WordError> {
    if flags.all && (flags.labels.is_some() || flags.fields.is_some()) {
        return refuse("setting 'all' parameter but found a non empty selector. ");
    }
    let asked = read(words, flags.command)?;
    if flags.files && asked != Read::Nothing {
        return refuse(match asked {
            Read::Pairs(_) => "resource/name arguments cannot be provided when a path is specified",
            _ => "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
        });
    }
    let picks = flags.all || flags.labels.is_some() || flags.fields.is_some();
    match asked {
        Read::Names(..) if picks => refuse("name cannot be provided when a selector is specified"),
        Read::Pairs(_) if picks => {
            refuse("selectors and the all flag cannot be used when passing resource/name arguments")
        }
        Read::Names(kind, names) => Ok(Asked::Named(names.into_iter().map(|name| (kind.clone(), name)).collect())),
        Read::Pairs(pairs) => Ok(Asked::Named(pairs)),
        Read::Types(types) if picks || flags.reads || flags.all_namespaces => Ok(Asked::Types(types)),
        Read::Types(_) => refuse(NAMELESS),
        Read::Nothing if flags.all || flags.all_namespaces => Ok(Asked::Workloads),
        Read::Nothing if picks => refuse("at least one resource must be specified to use a selector"),
        Read::Nothing => refuse(MISSING),
    }
}

fn refuse<T>(message: &str) -> Result<T, WordError> {
    Err(WordError(message.to_owned()))
}

/// What the words alone say.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    Nothing,
    Types(Vec<String>),
    /// A type, and names.
    Names(String, Vec<String>),
    /// Types with names.
    Pairs(Vec<(String, String)>),
}

fn read(words: &[String], command: &str) -> Result<Read, WordError> {
    let Some((first, names)) = words.split_first() else { return Ok(Read::Nothing) };
    let slashes = words.iter().filter(|word| word.contains('/')).count();
    // `a,b x y` is `a/x a/y b/x b/y`, which a slash among them makes one too many.
    let types = pieces(first);
    if !names.is_empty() && types.len() > 1 {
        let words = types.iter().flat_map(|kind| names.iter().map(move |name| format!("{kind}/{name}")));
        return Ok(Read::Pairs(words.map(|word| pair(&word)).collect::<Result<_, _>>()?));
    }
    if slashes > 0 && slashes < words.len() {
        return refuse(&format!(
            "there is no need to specify a resource type as a separate argument when passing arguments in resource/name \
             form (e.g. '{command} resource/<resource_name>' instead of '{command} resource resource/<resource_name>'"
        ));
    }
    if slashes > 0 {
        return Ok(Read::Pairs(words.iter().map(|word| pair(word)).collect::<Result<_, _>>()?));
    }
    Ok(match names {
        [] => Read::Types(types),
        names => Read::Names(first.clone(), names.to_vec()),
    })
}

/// `TYPE/NAME`.
fn pair(word: &str) -> Result<(String, String), WordError> {
    let parts: Vec<&str> = word.split('/').collect();
    match parts[..] {
        [kind, name] if !kind.is_empty() && !name.is_empty() && pieces(kind).len() == 1 => {
            Ok((kind.to_owned(), name.to_owned()))
        }
        [_, _] => refuse("arguments in resource/name form must have a single resource and name"),
        _ => refuse("arguments in resource/name form may not have more than one slash"),
    }
}

/// The parts of a list with commas, each once.
fn pieces(list: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in list.split(',') {
        if !parts.iter().any(|known| known == part) {
            parts.push(part.to_owned());
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str, flags: &Flags<'_>) -> Result<Asked, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words, flags).map_err(|error| error.to_string())
    }

    const READS: Flags<'_> = Flags {
        command: "kubectl harden check",
        labels: None,
        fields: None,
        all: false,
        all_namespaces: false,
        files: false,
        reads: true,
    };

    fn named(pairs: &[(&str, &str)]) -> Result<Asked, String> {
        Ok(Asked::Named(pairs.iter().map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned())).collect()))
    }

    fn types(words: &[&str]) -> Result<Asked, String> {
        Ok(Asked::Types(words.iter().map(|word| (*word).to_owned()).collect()))
    }

    #[test]
    fn every_form_of_kubectl_is_taken() {
        assert_eq!(asked("deploy web", &READS), named(&[("deploy", "web")]));
        assert_eq!(asked("deploy web api", &READS), named(&[("deploy", "web"), ("deploy", "api")]));
        assert_eq!(asked("deploy/web sts/db", &READS), named(&[("deploy", "web"), ("sts", "db")]));
        assert_eq!(
            asked("deploy,sts a b", &READS),
            named(&[("deploy", "a"), ("deploy", "b"), ("sts", "a"), ("sts", "b")])
        );
        assert_eq!(asked("deployments.v1.apps/web", &READS), named(&[("deployments.v1.apps", "web")]));
        assert_eq!(asked("deploy", &READS), types(&["deploy"]));
        assert_eq!(asked("deploy,sts,deploy", &READS), types(&["deploy", "sts"]));
        let labels = Flags { labels: Some("app=web"), reads: false, ..READS };
        assert_eq!(asked("all", &labels), types(&["all"]));
        let all = Flags { all: true, reads: false, ..READS };
        assert_eq!(asked("deploy", &all), types(&["deploy"]));
        let everywhere = Flags { all_namespaces: true, ..READS };
        assert_eq!(asked("", &everywhere), Ok(Asked::Workloads));
        assert_eq!(asked("", &Flags { labels: Some("a=b"), ..everywhere }), Ok(Asked::Workloads));
        assert_eq!(asked("", &all), Ok(Asked::Workloads));
    }

    #[test]
    fn what_kubectl_refuses_is_refused_in_its_words() {
        let labels = Flags { labels: Some("a=b"), ..READS };
        let fields = Flags { fields: Some("a=b"), ..READS };
        let all = Flags { all: true, ..READS };
        let files = Flags { files: true, ..READS };
        let writes = Flags { reads: false, ..READS };
        for (line, flags, expected) in [
            ("deploy deploy/web", READS, "there is no need to specify a resource type as a separate argument"),
            ("deploy/web/x", READS, "arguments in resource/name form may not have more than one slash"),
            ("deploy,sts x/y", READS, "arguments in resource/name form may not have more than one slash"),
            ("deploy,sts/web", READS, "arguments in resource/name form must have a single resource and name"),
            ("deploy/", READS, "arguments in resource/name form must have a single resource and name"),
            ("/web", READS, "arguments in resource/name form must have a single resource and name"),
            ("deploy web", labels, "name cannot be provided when a selector is specified"),
            ("deploy web", fields, "name cannot be provided when a selector is specified"),
            ("deploy web", all, "name cannot be provided when a selector is specified"),
            ("deploy/web", labels, "selectors and the all flag cannot be used when passing resource/name arguments"),
            ("deploy/web", all, "selectors and the all flag cannot be used when passing resource/name arguments"),
            ("", labels, "at least one resource must be specified to use a selector"),
            ("deploy", Flags { all: true, ..labels }, "setting 'all' parameter but found a non empty selector. "),
            (
                "deploy",
                files,
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments",
            ),
            ("deploy/web", files, "resource/name arguments cannot be provided when a path is specified"),
            (
                "deploy",
                writes,
                "resource(s) were provided, but no name was specified\n  name them, or use --all, -l or -A",
            ),
            ("", READS, "You must provide one or more resources by argument or filename.\nExample resource"),
        ] {
            let error = asked(line, &flags).expect_err(line);
            assert!(error.starts_with(expected), "{line}: {error}");
        }
        let mixed = asked("deploy deploy/web", &READS).unwrap_err();
        assert!(mixed.contains("(e.g. 'kubectl harden check resource/<resource_name>' instead of"), "{mixed}");
    }

    #[test]
    fn the_examples_of_apply_are_taken() {
        let help = crate::cli::definition("kubectl harden");
        let help = help.find_subcommand("apply").and_then(|verb| verb.get_after_help()).unwrap().to_string();
        let examples: Vec<&str> = help.lines().filter(|line| line.starts_with("  kubectl harden apply")).collect();
        assert_eq!(examples.len(), 3);
        for example in examples {
            let words = example.split_whitespace().skip(1).map(std::ffi::OsString::from);
            let Ok(crate::cli::Invocation { verb: crate::cli::Verb::Apply(args), .. }) = crate::cli::parse(words)
            else {
                panic!("{example}")
            };
            let words: Vec<String> = args.objects.words.iter().map(|word| word.to_str().unwrap().to_owned()).collect();
            let flags = Flags { all: args.objects.all, reads: false, ..READS };
            assert!(parse(&words, &flags).is_ok(), "{example}");
        }
    }
}
