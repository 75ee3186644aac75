//! Claims about files that are written all or not at all.

use super::*;

/// A fresh directory that is removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("wirelab-output-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).expect("the directory for temporary files is writable");
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("it exists");
        let mut names: Vec<_> = entries
            .map(|entry| {
                entry
                    .expect("readable")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn text(text: &str) -> impl FnOnce(&mut dyn Write) -> Result<()> {
    move |out| Ok(out.write_all(text.as_bytes())?)
}

#[test]
fn committed_files_are_where_they_belong_and_nothing_else() {
    let scratch = Scratch::new("commit");
    let staging = Staging::below(&scratch.0);
    staging.write("a/b/one", text("1")).expect("writable");
    staging.write("two", text("2")).expect("writable");
    staging.commit().expect("writable").keep();
    assert_eq!(scratch.names(), ["a", "two"]);
    let one = fs::read_to_string(scratch.0.join("a/b/one")).expect("written");
    assert_eq!(one, "1");
    assert_eq!(
        fs::read_dir(scratch.0.join("a/b")).expect("made").count(),
        1
    );
}

#[test]
fn a_failure_leaves_neither_files_nor_directories() {
    let scratch = Scratch::new("failure");
    let staging = Staging::below(&scratch.0);
    staging.write("a/b/one", text("1")).expect("writable");
    let full = |out: &mut dyn Write| {
        out.write_all(b"half")?;
        Err(io::Error::from(io::ErrorKind::StorageFull).into())
    };
    let error = staging
        .write("a/c/two", full)
        .expect_err("the device is full");
    assert!(error.to_string().contains("a/c/two"), "{error}");
    drop(staging);
    assert_eq!(scratch.names(), Vec::<String>::new());
}

#[test]
fn what_existed_before_survives_a_failure() {
    let scratch = Scratch::new("survival");
    fs::create_dir(scratch.0.join("a")).expect("writable");
    fs::write(scratch.0.join("a/one"), "old").expect("writable");
    let staging = Staging::below(&scratch.0);
    staging.write("a/one", text("new")).expect("writable");
    drop(staging);
    let one = fs::read_to_string(scratch.0.join("a/one")).expect("it was there before");
    assert_eq!(one, "old");
}

#[test]
fn committed_files_can_be_taken_back() {
    let scratch = Scratch::new("back");
    let staging = Staging::below(&scratch.0);
    staging.write("a/one", text("1")).expect("writable");
    drop(staging.commit().expect("writable"));
    assert_eq!(scratch.names(), Vec::<String>::new());
}

#[test]
fn a_directory_where_a_file_belongs_is_refused() {
    let scratch = Scratch::new("directory");
    fs::create_dir(scratch.0.join("one")).expect("writable");
    let staging = Staging::below(&scratch.0);
    let error = staging
        .write("one", text("1"))
        .expect_err("a directory is there");
    assert!(
        error
            .to_string()
            .contains("a directory is where a file is needed"),
        "{error}"
    );
}
