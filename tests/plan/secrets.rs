//! Variables that become files.

use super::*;

/// Two containers that share a Secret, of an image whose profile says that it reads the variable from a file.
const SECRETIVE: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: one
      image: registry.example/web
      env:
        # the word
        - name: DB_PASSWORD # of the database
          valueFrom:
            secretKeyRef: {name: db, key: pw}
    - name: two
      image: registry.example/web
      command: [/migrate]
      env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: pw}}}]
";

const FILES: &str =
    "  rules: {secrets-as-files: on}\n  images: [{match: [registry.example/web], fileEnv: {vars: [\"DB_*\"]}}]\n";

#[test]
fn a_secret_becomes_a_file_for_each_container_by_itself() {
    let exception = "  exceptions: [{rules: [secrets-as-files], containers: [one], reason: because}]\n";
    let volume = json!([{"name": "secret-db", "secret": {"secretName": "db", "items": [{"key": "pw", "path": "pw"}]}}]);
    let mount = json!([{"name": "secret-db", "mountPath": "/etc/secrets/db", "readOnly": true}]);
    let env = json!([{"name": "DB_PASSWORD_FILE", "value": "/etc/secrets/db/pw"}]);
    for (spec, max_risk, moved) in [
        (FILES.to_owned(), Risk::Likely, [true, true]),
        // Its command is taken to read the file as the image's own program does.
        (FILES.to_owned(), Risk::Safe, [true, false]),
        (format!("{FILES}{exception}"), Risk::Likely, [false, true]),
        (format!("{FILES}{exception}"), Risk::Safe, [false, false]),
    ] {
        let run = run(&profile(&spec), max_risk, SECRETIVE);
        let after =
            run.after().pop().map_or_else(|| run.stream.document(0).unwrap().value().unwrap(), |(_, value)| value);
        let wanted = if moved.contains(&true) { &volume } else { &Value::Null };
        assert_eq!(&after["spec"]["volumes"], wanted, "{moved:?}");
        for (container, moved) in after["spec"]["containers"].as_array().unwrap().iter().zip(moved) {
            assert_eq!(container["env"] == env, moved, "{container}");
            assert_eq!(container["volumeMounts"] == mount, moved, "{container}");
        }
    }
}

#[test]
fn a_variable_keeps_its_place_and_its_comments_when_it_becomes_that_of_a_file() {
    let run = run(&profile(FILES), Risk::Safe, SECRETIVE);
    let text = new_text(&run.plan, &run.world, 0, &run.stream).unwrap().unwrap();
    let kept =
        "        # the word\n        - name: DB_PASSWORD_FILE # of the database\n          value: /etc/secrets/db/pw\n";
    assert!(text.contains(kept), "{text}");
}
