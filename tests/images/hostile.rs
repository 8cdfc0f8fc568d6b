//! Layers that nobody should send: refused with their reason, or read as far as they are honest, in bounded time and
//! memory.

use crate::build::{Image, Packing, gzip, sha256};
use crate::common::Place;
use crate::layers::read;
use crate::tar::{By, ROOT_DIR, ROOT_FILE, Tar, header};
use serde_json::json;
use std::io::Write;
use std::time::{Duration, Instant};

/// An image with this single layer.
fn of(layer: Vec<u8>) -> Image {
    Image { config: json!({}), layers: vec![layer], packing: Packing::Gzip }
}

/// Why a layer is refused.
fn refusal(layer: Vec<u8>) -> String {
    let begun = Instant::now();
    let refusal = read(&of(layer)).unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(60), "{refusal}: {:?}", begun.elapsed());
    refusal.strip_prefix("the image example.org/app:1 ").unwrap().to_owned()
}

#[test]
fn paths_that_lead_out() {
    for path in ["../etc/passwd", "a/../../b", "/..", "./../x"] {
        assert_eq!(
            refusal(Tar::new().file(path, ROOT_FILE, "").end()),
            format!("is not read: it has a file that leads out of it: {path}")
        );
    }
    let through_link = Tar::new().hard_link("x", "../../etc/shadow").end();
    assert!(refusal(through_link).contains("leads out of it"));
}

#[test]
fn links_lead_nowhere_but_into_the_image() {
    let layer = Tar::new()
        .link("out", "/../../../../../../..")
        .file("out/etc/passwd", ROOT_FILE, "x:x:5:5::/:\n")
        .link("etc2", "../../../../etc")
        .file("etc2/group", ROOT_FILE, "x:x:5:\n");
    let contents = read(&of(layer.end())).unwrap();
    let files = contents.files.as_ref().unwrap();
    assert_eq!((files.users.len(), files.groups.len()), (1, 1));
    assert!(files.users[0].name == "x", "not this machine's");
}

#[test]
fn links_that_go_round() {
    let told = refusal(Tar::new().link("a", "b").link("b", "a").file("a/x", ROOT_FILE, "").end());
    assert_eq!(told, "is not read: the links of a/x have no end");
    let own = Tar::new().link("self", "self").link("etc", "etc").dir("d", ROOT_DIR).end();
    assert_eq!(read(&of(own)).unwrap().files.as_ref().unwrap().dirs.len(), 2, "as long as nobody follows them");
    // Each link names the next twice: followed without bounds that is 2^60 steps.
    let mut layer = Tar::new();
    for at in 0..60 {
        layer = layer.link(&format!("l{at}"), &format!("l{0}/../l{0}", at + 1));
    }
    assert!(refusal(layer.file("l0/x", ROOT_FILE, "").end()).contains("have no end"));
}

#[test]
fn whiteouts_of_odd_names_take_nothing() {
    let base = Tar::new().file("a/b", ROOT_FILE, "x");
    let odd = Tar::new().file("a/.wh.", ROOT_FILE, "").file("a/.wh..", ROOT_FILE, "").file("a/.wh...", ROOT_FILE, "");
    let contents = read(&Image::new(json!({}), [base, odd])).unwrap();
    assert_eq!(contents.files.as_ref().unwrap().dirs["/a"].files, 1);
}

#[test]
fn whiteouts_that_cost_more_than_they_say() {
    let mut base = Tar::new();
    for at in 0..20_000 {
        base = base.file(&format!("d/{at}"), ROOT_FILE, "");
    }
    let mut upper = Tar::new();
    for _ in 0..20_000 {
        upper = upper.file("d/new", ROOT_FILE, "").file(".wh..wh..opq", ROOT_FILE, "");
        upper = upper.dir("d", ROOT_DIR);
    }
    let begun = Instant::now();
    let _ = read(&Image::new(json!({}), [base, upper]));
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[test]
fn directories_without_end() {
    let deep = "d/".repeat(300);
    let pax = |path: &str| Tar::new().pax(&[("path", path.as_bytes())]).file("x", ROOT_FILE, "").end();
    assert_eq!(refusal(pax(&format!("{deep}x"))), "is not read: its directories are more than 255 deep");
    assert_eq!(refusal(pax(&"d/".repeat(3000))), "is not read: it has a path of more than 4096 bytes");
    // Through links each entry goes deeper than its path says.
    let mut layer = Tar::new().link("l0", "/d");
    for at in 0..300 {
        let below = format!("/d{}", "/d".repeat(at + 1));
        layer = layer
            .pax(&[("linkpath", below.as_bytes())])
            .link(&format!("l{}", at + 1), "")
            .dir(&format!("l{at}/d"), ROOT_DIR);
    }
    assert_eq!(refusal(layer.end()), "is not read: its directories are more than 255 deep");
}

#[test]
fn millions_of_files() {
    // The same thousand again and again: the tar has half a gigabyte.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let thousand: Vec<u8> =
        (0..1000).flat_map(|at| header(b'0', &format!("d{}/{at}", at % 10), "", ROOT_FILE, 0)).collect();
    for _ in 0..1001 {
        packed.write_all(&thousand).unwrap();
    }
    let layer = packed.finish().unwrap();
    let mut image = of(Vec::new());
    (image.layers, image.packing) = (vec![layer], Packing::Plain);
    let begun = Instant::now();
    let told = read(&image).unwrap_err();
    assert!(told.ends_with("is not read: it has more than 1000000 files"), "{told}");
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
}

#[test]
fn a_small_layer_that_unpacks_to_gigabytes() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    bomb.write_all(&header(b'0', "zeros", "", ROOT_FILE, 3 << 30)).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..1024 {
        bomb.write_all(&zeros).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 8 << 20);
    let mut image = of(Vec::new());
    (image.layers, image.packing) = (vec![bomb], Packing::Plain);
    let told = read(&image).unwrap_err();
    assert!(told.ends_with("is not read: a small layer unpacks to far more than its size"), "{told}");
}

#[test]
fn sizes_that_are_not_there() {
    for size in [1 << 40, (1 << 60) - 1] {
        let mut layer = Tar::new().bytes;
        let mut block = header(b'0', "big", "", ROOT_FILE, 0);
        block[124..136].copy_from_slice(&[&[0x80_u8, 0, 0, 0][..], &u64::to_be_bytes(size)].concat());
        block[148..156].copy_from_slice(b"        ");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        layer.extend(block);
        layer.extend([0; 4096]);
        assert_eq!(refusal(layer), "is damaged: a tar is cut off within an entry");
    }
    let long = header(b'L', "x", "", ROOT_FILE, 1 << 32).to_vec();
    assert_eq!(refusal(long), "is not read: a tar has an extension header of more than 1 MiB");
    let pax = header(b'x', "x", "", ROOT_FILE, 1 << 32).to_vec();
    assert_eq!(refusal(pax), "is not read: a tar has an extension header of more than 1 MiB");
}

#[test]
fn streams_that_end_early() {
    let whole = Tar::new().file("a", ROOT_FILE, "1234").file("b", ROOT_FILE, "x".repeat(600)).bytes;
    // Complete, with or without what fills the last block.
    for end in [whole.len(), whole.len() - 424] {
        assert!(read(&of(whole[..end].to_vec())).is_ok(), "{end}");
    }
    for end in [100, 513, 1024 + 511, 1024 + 512 + 599] {
        assert_eq!(refusal(whole[..end].to_vec()), "is damaged: a tar is cut off within an entry", "{end}");
    }
    let announced = Tar::new().pax(&[("path", b"x")]).end();
    assert_eq!(refusal(announced), "is damaged: a tar ends before the entry that it announces");
    let mut packed = gzip(&whole);
    packed.truncate(packed.len() / 2);
    let mut image = of(Vec::new());
    (image.layers, image.packing) = (vec![packed], Packing::Plain);
    assert!(read(&image).unwrap_err().ends_with("is damaged: a layer is cut off"));
    assert_eq!(refusal(b"this is no tar at all".repeat(100)), "is damaged: a layer or archive is no tar");
}

#[test]
fn any_bytes_end_in_an_answer() {
    // Every byte of a small layer changed once, packed and not: no panic, whatever it means.
    let layer = Tar::new()
        .dir("d", By(1, 1, 0o755))
        .capable("d/x", 1 << 10, true)
        .link("l", "d")
        .file("l/.wh.x", ROOT_FILE, "")
        .end();
    let folder = tempfile::TempDir::new().unwrap();
    for packed in [
        layer.clone(),
        gzip(&layer),
        ruzstd::encoding::compress_to_vec(layer.as_slice(), ruzstd::encoding::CompressionLevel::Fastest),
    ] {
        for at in (0..packed.len().min(3000)).step_by(3) {
            let mut changed = packed.clone();
            changed[at] ^= 0x41;
            let image = Image { config: json!({}), layers: vec![changed], packing: Packing::Plain };
            let place = folder.path().join("layout");
            image.oci(&place, Some("a"));
            let options = kubectl_harden::image::read::Options {
                sources: vec![format!("a=oci:{}", place.display()).parse().unwrap()],
                ..Default::default()
            };
            kubectl_harden::image::read::inspect(&["a"].into(), &options).unwrap();
            std::fs::remove_dir_all(&place).unwrap();
        }
    }
}

#[test]
fn hundreds_of_layers() {
    let layers = vec![Tar::new(); 600];
    let told = read(&Image::new(json!({}), layers)).unwrap_err();
    assert!(told.ends_with("is not read: it has more than 512 layers"), "{told}");
}

#[test]
fn a_layout_whose_parts_are_not_what_they_say() {
    let place = Place::new();
    place.write("web.yaml", crate::common::WEB);
    let image = of(Tar::new().file("x", ROOT_FILE, "").end());
    let layout = place.path().join("layout");
    image.oci(&layout, Some("docker.io/library/nginx:1.27"));
    let layer = layout.join("blobs/sha256").join(&sha256(&gzip(&image.layers[0]))[7..]);
    std::fs::write(&layer, gzip(&Tar::new().file("y", By(0, 0, 0o4755), "").end())).unwrap();
    let ran = place.run("check -f web.yaml --image-source oci:layout");
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("Warning: the image nginx:1.27 is damaged: what should be sha256:"), "{}", ran.err);

    // A name of a part that leads out of the layout, and a config without end.
    let index = r#"{"schemaVersion": 2, "manifests": [{"digest": "sha256:../../../etc/passwd"}]}"#;
    std::fs::write(layout.join("index.json"), index).unwrap();
    let ran = place.run("check -f web.yaml --image-source oci:layout");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("it names a part by something other than sha256"), "{}", ran.err);
    std::fs::File::create(layout.join("index.json")).unwrap().set_len(1 << 30).unwrap();
    let ran = place.run("check -f web.yaml --image-source oci:layout");
    assert!(ran.code == 2 && ran.err.contains("more than 8 MiB"), "{}", ran.err);
    std::fs::write(layout.join("index.json"), format!("{{\"manifests\": {}", "[".repeat(1 << 20))).unwrap();
    assert_eq!(place.run("check -f web.yaml --image-source oci:layout").code, 2);
}
