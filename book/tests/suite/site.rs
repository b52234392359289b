//! The built site, read as text: what its pages load, and what they show before anything runs.

use std::path::{Path, PathBuf};

use book::{Book, page};

struct Site(PathBuf);

impl Site {
    fn build(book: &Book, name: &str) -> Self {
        // A folder of its own below the one for tests: the builder works beside the site.
        let site = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).join("site"));
        page::build(book, &site.0).expect("the book builds");
        site
    }

    fn read(&self, page: &str) -> String {
        std::fs::read_to_string(self.0.join(page)).expect(page)
    }

    /// All its files, by their paths in it.
    fn names(&self) -> Vec<String> {
        let mut folders = vec![self.0.clone()];
        let mut names = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder of the site") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(&self.0).expect("a file of the site");
                    names.push(name.display().to_string());
                }
            }
        }
        names
    }

    fn files(&self, extension: &str) -> Vec<(String, String)> {
        let end = format!(".{extension}");
        let names = self.names().into_iter().filter(|name| name.ends_with(&end));
        names.map(|name| (name.clone(), self.read(&name))).collect()
    }
}

fn book() -> Book {
    Book::load(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the book is well-formed")
}

/// What the start tags of a page load: all of `src`, and `href` of `<link>` (links of `<a>` are only followed).
fn loaded(html: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or(rest)) {
        let names: &[&str] = if tag.starts_with("link") { &[" href=\"", " src=\""] } else { &[" src=\""] };
        for name in names {
            found.extend(tag.split(name).skip(1).filter_map(|rest| rest.split('"').next()));
        }
    }
    found
}

fn foreign(url: &str) -> bool {
    url.starts_with("//") || url.split_once(':').is_some_and(|(scheme, _)| scheme != "data")
}

#[test]
fn a_site_is_current_until_it_is_damaged() {
    let (book, site) = (book(), Site(Path::new(env!("CARGO_TARGET_TMPDIR")).join("current").join("site")));
    let _ = std::fs::remove_dir_all(&site.0);
    assert!(!page::is_current(&book, &site.0), "there is none");
    page::build(&book, &site.0).expect("the book builds");
    assert!(page::is_current(&book, &site.0));
    std::fs::write(site.0.join(".sources"), "others").expect("a file of ours");
    assert!(!page::is_current(&book, &site.0), "built from other files");
}

#[test]
fn two_that_build_at_once_wait_for_each_other() {
    let book = book();
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("at-once").join("site");
    std::thread::scope(|scope| {
        for builder in [(); 2].map(|()| scope.spawn(|| page::build(&book, &out))) {
            builder.join().expect("no panic").expect("the book builds");
        }
    });
    assert!(page::is_current(&book, &out));
}

#[test]
fn foreign_addresses_are_recognized() {
    let html = "<link rel=x href=\"https://a.example/b.css\"><a href=\"https://b.example\">\
                <img src=\"//c.example/d.png\"><img src=\"data:image/svg+xml,x\"><script src=\"own.js\">";
    let urls: Vec<_> = loaded(html).into_iter().filter(|url| foreign(url)).collect();
    assert_eq!(urls, ["https://a.example/b.css", "//c.example/d.png"]);
}

#[test]
fn pages_load_nothing_from_elsewhere() {
    let site = Site::build(&book(), "foreign");
    let pages = site.files("html");
    assert!(pages.len() >= 4, "{} pages", pages.len());
    for (name, html) in pages {
        let urls = loaded(&html);
        // The list of chapters for readers without scripts has none.
        let ours: Vec<_> = urls.iter().filter(|url| url.starts_with("page-")).collect();
        assert_eq!(ours.len(), usize::from(!name.ends_with("toc.html")), "{name} loads {urls:?}");
        assert!(ours.iter().all(|script| site.0.join(script).is_file()), "{name} loads {ours:?}, not there");
        let bad: Vec<_> = urls.into_iter().filter(|url| foreign(url)).collect();
        assert!(bad.is_empty(), "{name} loads {bad:?}");
    }
    for (name, css) in site.files("css") {
        for url in css.split("url(").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(!foreign(url.trim_matches(['"', '\''])), "{name} loads {url}");
        }
        assert!(!css.contains("@import"), "{name} imports another sheet");
    }
}

#[test]
fn every_cell_is_on_its_page_with_what_was_recorded() {
    let book = book();
    let site = Site::build(&book, "cells");
    for day in &book.days {
        let html = site.read(&format!("{}.html", day.header.slug));
        let recorded = book.recorded(day).expect("the recorded outputs");
        for cell in day.chapter.cells() {
            let id = &cell.id;
            assert!(html.contains(&format!("data-cell=\"{id}\"")), "{id} is missing");
            let empty = html.contains(&format!("<div class=\"outputs\" data-outputs=\"{id}\"></div>"));
            let shown = recorded.outputs(&cell).is_some_and(|outputs| !outputs.is_empty());
            assert_eq!(empty, !shown, "the recorded outputs of {id}");
        }
    }
}

#[test]
fn the_plan_of_each_workshop_ends_when_it_should() {
    let book = book();
    let site = Site::build(&book, "plans");
    for day in &book.days {
        let html = site.read(&format!("{}.html", day.header.slug));
        let minutes = day.header.minutes.workshop;
        let end = format!("<tr><td>{}:{:02}</td><td></td><td>the end</td></tr>", minutes / 60, minutes % 60);
        assert!(html.contains(&end), "{} has no plan of {minutes} minutes in its notes", day.header.slug);
    }
}

#[test]
fn the_search_knows_words_and_no_outputs() {
    let book = book();
    let site = Site::build(&book, "search");
    let index = site.files("js").into_iter().find(|(name, _)| name.contains("searchindex"));
    let (_, index) = index.expect("a search index");
    assert!(index.contains("Bloom"), "the words of the chapters are found");
    // Long pieces without a space, such as the picture of a filter's bits, stand in outputs only.
    let mut pieces = 0;
    for day in &book.days {
        let recorded = book.recorded(day).expect("the recorded outputs");
        for cell in day.chapter.cells() {
            for output in recorded.outputs(&cell).unwrap_or_default() {
                let text = output["text"].as_str().unwrap_or_default();
                for piece in text.split_whitespace().filter(|piece| piece.len() >= 30) {
                    assert!(!index.contains(piece), "an output of {} is in the index: {piece}", cell.id);
                    pieces += 1;
                }
            }
        }
    }
    assert!(pieces > 0, "no output was compared");
}

/// The text of each attribute of this name in the page.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn links_within_the_book_lead_somewhere() {
    let site = Site::build(&book(), "links");
    let mut anchors = std::collections::BTreeMap::new();
    for (name, html) in site.files("html") {
        let name = name.rsplit('/').next().expect("a name").to_owned();
        let ids: std::collections::BTreeSet<String> =
            attributes(&html, "id").into_iter().map(str::to_owned).collect();
        anchors.insert(name, (ids, html));
    }
    let mut followed = 0;
    let mut broken = Vec::new();
    for (page, (_, html)) in anchors.iter().filter(|(page, _)| *page != "toc.html") {
        for link in attributes(html, "href").into_iter().chain(attributes(html, "src")) {
            // The documentation of the library is written by the kernel, whose tests know its pages.
            if link.contains(':') || link.is_empty() || link.starts_with("library/") {
                continue;
            }
            followed += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path = path.split('?').next().unwrap_or_default().trim_start_matches('/');
            let target = if path.is_empty() { page.as_str() } else { path };
            if !site.0.join(target).exists() {
                broken.push(format!("{page}: {link}"));
            } else if !anchor.is_empty()
                && let Some((ids, _)) = anchors.get(target)
                && !ids.contains(anchor)
            {
                broken.push(format!("{page}: {link} (no such place on the page)"));
            }
        }
    }
    assert!(followed > 300, "{followed} links");
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn headings_are_a_table_of_contents() {
    let book = book();
    let site = Site::build(&book, "headings");
    for (name, html) in site.files("html") {
        // The page for printing has the titles of all pages, the list of chapters none.
        if name.ends_with("print.html") || name.ends_with("toc.html") {
            continue;
        }
        let main =
            html.split("<main>").nth(1).and_then(|rest| rest.split("</main>").next()).expect("a main part");
        let mut titles = 0;
        let mut before = 0;
        let mut seen = std::collections::BTreeSet::new();
        for rest in main.split("<h").skip(1) {
            let Some(level) =
                rest.chars().next().and_then(|c| c.to_digit(10)).filter(|level| (1..=6).contains(level))
            else {
                continue;
            };
            // What a cell shows about a name of the library is not part of the lesson.
            if !rest.starts_with(&format!("{level} id=")) {
                continue;
            }
            let text = rest.split("</h").next().unwrap_or_default();
            titles += u32::from(level == 1);
            assert!(
                level <= before + 1,
                "{name}: a heading of level {level} follows one of {before}: {text}"
            );
            assert!(level > 2 || seen.insert(text.to_owned()), "{name}: two headings are {text}");
            before = level;
        }
        assert_eq!(titles, 1, "{name} has {titles} titles");
    }
}

#[test]
fn explorables_stand_recorded_with_words_and_their_module_beside_the_pages() {
    let book = book();
    let site = Site::build(&book, "explorables");
    let index = site.files("js").into_iter().find(|(name, _)| name.contains("searchindex"));
    let (_, index) = index.expect("a search index");
    let mut found = 0;
    for day in &book.days {
        let html = site.read(&format!("{}.html", day.header.slug));
        for block in &day.chapter.blocks {
            let book::Block::Explorable(explorable) = block else { continue };
            let (name, view) = (&explorable.about.name, &explorable.view);
            let start = format!("<div class=\"explorable\" data-explorable=\"{name}\" data-wasm=\"");
            let (_, rest) = html.split_once(&start).unwrap_or_else(|| panic!("{name} is not on its page"));
            let module = rest.split('"').next().expect("the name of a file");
            assert!(site.0.join(module).is_file(), "{module}");
            assert!(rest.contains(&view.svg) && rest.contains("<dl class=\"facts\">"), "{name}");
            assert!(site.read("print.html").contains(&view.svg), "{name} is not in the print");
            assert!(!index.contains("sd35-figure"), "drawings are in the search index");
            found += 1;
        }
    }
    assert!(found >= 2, "{found} explorables");
}

#[test]
fn explorables_travel_with_the_notebooks() {
    let book = book();
    for day in &book.days {
        for block in &day.chapter.blocks {
            let book::Block::Explorable(explorable) = block else { continue };
            let recorded = book.recorded(day).expect("the recorded outputs");
            let notebook = book::notebook::notebook(day, &recorded, &book.root().join("chapters"));
            let id = format!("explorable-{}", explorable.about.name);
            let cells = notebook["cells"].as_array().expect("cells");
            let cell = cells.iter().find(|cell| cell["id"] == id.as_str()).expect("its cell");
            let file = format!("{}.svg", explorable.about.name);
            assert!(cell["attachments"][&file]["image/svg+xml"].is_string());
            let text = cell["source"].as_str().expect("text");
            assert!(text.contains(&format!("![{}](attachment:{file})", explorable.view.alt)), "{text}");
            assert!(text.contains(&format!("#explorable={}", explorable.about.name)), "{text}");
        }
    }
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|tail| {
            tail.char_indices().any(|(at, _)| fits(rest, &tail[at..])) || rest.is_empty()
        }),
    }
}

#[test]
fn each_file_of_others_is_named_with_its_license() {
    const OURS: [&str; 10] = [
        "*.html",
        "anki/*",
        "diagrams/*",
        "*.postman_collection.json",
        "theme/*",
        "page-*.js",
        "searchindex-*.js",
        "sw.js",
        ".nojekyll",
        ".sources",
    ];
    let site = Site::build(&book(), "licenses");
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../THIRD-PARTY.md"))
        .expect("the list of what others made");
    let (_, table) = page.split_once("## In the built site").expect("its part on the site");
    let first_column = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let patterns: Vec<&str> = first_column.flat_map(|names| names.split('`').skip(1).step_by(2)).collect();
    let names = site.names();
    for name in &names {
        let known = patterns.iter().chain(&OURS).any(|pattern| fits(pattern, name));
        assert!(known, "{name} is in the site, and neither ours nor in THIRD-PARTY.md");
    }
    for pattern in patterns {
        assert!(
            names.iter().any(|name| fits(pattern, name)),
            "{pattern} in THIRD-PARTY.md fits no file of the site"
        );
    }
}
