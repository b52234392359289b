//! The library's documentation, which pages of the book link to.

use std::fs;
use std::path::Path;

use book::Book;
use kernel_ext::library::Library;

#[tokio::test]
async fn each_module_that_a_lesson_names_has_its_page() {
    let library = Library::prepare(&mut |step| println!("{step}")).expect("a library");
    let folder = tempfile::tempdir().expect("a folder");
    let pages = folder.path().join("library");
    library.write_pages(&pages).await.expect("pages");

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the course");
    let book = Book::load(&root.join("book")).expect("a book");
    let modules = book.days.iter().flat_map(|day| &day.header.modules).map(String::as_str);
    for module in modules.chain(["check", "dataset", "plot"]) {
        assert!(pages.join("lessons").join(module).join("index.html").exists(), "{module}");
    }
    let lru = fs::read_to_string(pages.join("lessons/cache/struct.Lru.html")).expect("a page");
    assert!(lru.contains("href=\"trait.EvictionPolicy.html\""), "a type leads to where it is defined");
    for tag in lru.split('<').filter(|tag| tag.starts_with("link") || tag.starts_with("script")) {
        assert!(
            !tag.contains("=\"http") && !tag.contains("=\"//"),
            "a page loads nothing from elsewhere: {tag}"
        );
    }
    let first = fs::read_to_string(pages.join("lessons/index.html")).expect("a page");
    assert!(first.contains("href=\"cache/index.html\""), "the table of topics leads to them");

    // They are made once for a library.
    let mark = pages.join("mark");
    fs::write(&mark, "").expect("a file");
    library.write_pages(&pages).await.expect("pages");
    assert!(mark.exists());
}
