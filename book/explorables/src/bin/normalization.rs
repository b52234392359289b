//! Dependencies of a table: what they determine, which normal form they leave it in, and how to split it.

use std::process::ExitCode;

use algorithms::normalization::{
    AttrSet, Decomposition, Fd, NormalForm, Schema, candidate_keys, closure, project,
};
use explorables::Explorable;
use explorables::control::{Control, Values};
use explorables::svg::{Anchor, Svg};
use explorables::view::{Number, View};

fn main() -> ExitCode {
    let explorable = Explorable {
        title: "What determines what",
        about: "A column is an attribute. Each dependency runs from its dots to its squares; orange ones keep the table \
                out of Boyce-Codd normal form. Below: what the chosen attributes determine, and two ways to split the table.",
        controls,
        draw,
    };
    explorable.run()
}

/// Splitting takes exponential time in the attributes.
const ATTRIBUTES_MAX: usize = 8;
/// The tables that are offered: attributes and dependencies.
const TABLES: [(&str, &str); 3] = [
    (
        "order isbn qty title price email city",
        "order isbn -> qty, isbn -> title price, order -> email, email -> city",
    ),
    ("street city zip", "street city -> zip, zip -> city"),
    ("student course teacher room", "student course -> teacher, teacher -> course room"),
];

fn controls() -> Vec<Control> {
    vec![
        Control::choice(
            "table",
            "Table",
            &[
                ("orders", "lines of orders"),
                ("addresses", "addresses"),
                ("lessons", "who is taught what by whom"),
                ("own", "your own"),
            ],
        ),
        Control::word("closure", "Which attributes are known?", "order"),
        Control::word("attributes", "Your own: attributes", "A B C D E"),
        Control::word("dependencies", "Your own: dependencies", "A -> B C, C D -> E, E -> A"),
    ]
}

fn draw(values: &Values, width: f64) -> View {
    let own = (values.word("attributes"), values.word("dependencies"));
    let (attributes, dependencies) = TABLES.get(values.count("table")).copied().unwrap_or(own);
    let count = attributes.split_whitespace().count();
    let schema = match Schema::new(attributes, dependencies) {
        _ if count == 0 => return trouble("name some attributes, with spaces between them", width),
        _ if count > ATTRIBUTES_MAX => {
            return trouble(&format!("at most {ATTRIBUTES_MAX} attributes, please"), width);
        }
        Ok(schema) => schema,
        Err(error) => return trouble(&error.to_string(), width),
    };
    // Known ones of another table do not count.
    let known = values.word("closure").split_whitespace().filter_map(|name| schema.set(name).ok());
    let known = known.fold(AttrSet::EMPTY, |all, one| all | one);
    let (third, boyce) = (schema.synthesize(), schema.decompose());
    let form = schema.normal_form();
    let alt = format!(
        "A table of {}, in {form}. Keys: {}. {} determines {}.",
        schema.show(schema.all()),
        schema.keys().join(" or "),
        name_of(&schema, known),
        name_of(&schema, closure(known, schema.fds())),
    );
    let lost = |split: &Decomposition| {
        let lost = split.lost_by_name();
        Number::new(lost.len() as f64, if lost.is_empty() { "none".to_owned() } else { lost.join(", ") })
    };
    View {
        svg: picture(&schema, known, &third, &boyce, width, &alt),
        alt,
        facts: vec![
            ("normal form".into(), Number::words(form.to_string())),
            ("keys".into(), Number::new(schema.keys().len() as f64, schema.keys().join(" or "))),
            ("tables after 3NF synthesis".into(), Number::count(third.parts().len())),
            ("tables in BCNF".into(), Number::count(boyce.parts().len())),
            ("dependencies that 3NF loses".into(), lost(&third)),
            ("dependencies that BCNF loses".into(), lost(&boyce)),
        ],
        columns: ["split", "table", "keys", "form"].map(String::from).to_vec(),
        rows: [("3NF synthesis", &third), ("BCNF decomposition", &boyce)]
            .into_iter()
            .flat_map(|(name, split)| split.parts().iter().map(move |part| (name, split, *part)))
            .map(|(name, split, part)| {
                let keys = keys_of(&schema, part);
                let shown = keys.iter().map(|key| schema.show(*key)).collect::<Vec<_>>().join(" or ");
                vec![
                    Number::words(name),
                    Number::new(part.len() as f64, schema.show(part)),
                    Number::new(keys.len() as f64, shown),
                    Number::words(split.normal_form(part).to_string()),
                ]
            })
            .collect(),
    }
}

fn name_of(schema: &Schema, set: AttrSet) -> String {
    if set.is_empty() { "nothing".to_owned() } else { schema.show(set) }
}

fn keys_of(schema: &Schema, part: AttrSet) -> Vec<AttrSet> {
    candidate_keys(part, &project(part, schema.fds())).into_iter().collect()
}

/// A sentence instead of a drawing, while the reader is still typing.
fn trouble(sentence: &str, width: f64) -> View {
    let mut svg = Svg::new();
    svg.text("verdict", Anchor::Start, 0.0, 24.0, sentence);
    View {
        svg: svg.finish(width, 40.0, sentence),
        alt: sentence.to_owned(),
        facts: vec![("not yet a table".into(), Number::words(sentence))],
        columns: vec!["not yet a table".into()],
        rows: Vec::new(),
    }
}

const ROW: f64 = 24.0;

/// The columns of the drawing: one for each attribute, and what is said left of them.
struct Columns<'a> {
    schema: &'a Schema,
    left: f64,
    each: f64,
}

impl Columns<'_> {
    fn middle(&self, attribute: usize) -> f64 {
        self.left + self.each * (attribute as f64 + 0.5)
    }

    fn dependency(&self, svg: &mut Svg, y: f64, fd: Fd, forbidden: bool) {
        let (fill, line) = if forbidden { ("f1", "l1") } else { ("f0", "l0") };
        let touched: Vec<f64> = (fd.lhs | fd.rhs).iter().map(|attribute| self.middle(attribute)).collect();
        if let (Some(first), Some(last)) = (touched.first(), touched.last()) {
            svg.line(line, (*first, y), (*last, y));
        }
        for attribute in fd.lhs.iter() {
            svg.circle(fill, (self.middle(attribute), y), 5.5);
        }
        for attribute in fd.rhs.iter() {
            svg.rect(fill, self.middle(attribute) - 5.0, y - 5.0, 10.0, 10.0);
        }
    }

    /// Filled fields for the attributes of a set; stronger for those of `strong`.
    fn fields(&self, svg: &mut Svg, y: f64, set: AttrSet, strong: AttrSet) {
        for attribute in set.iter() {
            let class = if strong.contains(attribute) { "f0" } else { "q2" };
            svg.rect(class, self.middle(attribute) - self.each / 2.0 + 1.0, y - 9.0, self.each - 2.0, 18.0);
        }
    }

    fn head(&self, svg: &mut Svg) {
        for attribute in self.schema.all().iter() {
            let room = (self.each / 7.0) as usize;
            let name: String = self.schema.name(attribute).chars().take(room.max(2)).collect();
            svg.text("strong", Anchor::Middle, self.middle(attribute), 14.0, &name);
        }
    }
}

fn picture(
    schema: &Schema,
    known: AttrSet,
    third: &Decomposition,
    boyce: &Decomposition,
    width: f64,
    alt: &str,
) -> String {
    let mut svg = Svg::new();
    let left = if width >= 560.0 { 150.0 } else { 0.0 };
    let each = ((width - left) / schema.all().len() as f64).min(110.0);
    let columns = Columns { schema, left, each };
    columns.head(&mut svg);
    // On a narrow page a title stands above its rows.
    let mut y = 22.0;
    let title = |svg: &mut Svg, y: &mut f64, words: &str| {
        svg.line("grid", (0.0, *y + 4.0), (left + each * schema.all().len() as f64, *y + 4.0));
        if left > 0.0 {
            svg.text("name", Anchor::Start, 0.0, *y + ROW, words);
            *y += 8.0;
        } else {
            svg.text("name", Anchor::Start, 0.0, *y + 19.0, words);
            *y += 24.0;
        }
    };
    let violations = schema.violations(NormalForm::BoyceCodd);
    title(&mut svg, &mut y, "dependencies");
    for &fd in schema.fds() {
        let forbidden = violations.iter().any(|bad| bad.lhs == fd.lhs);
        columns.dependency(&mut svg, y + ROW / 2.0, fd, forbidden);
        y += ROW;
    }
    title(&mut svg, &mut y, "known and determined");
    columns.fields(&mut svg, y + ROW / 2.0, closure(known, schema.fds()), known);
    y += ROW + 2.0;
    for (name, split) in [("3NF synthesis", third), ("BCNF decomposition", boyce)] {
        title(&mut svg, &mut y, name);
        for &part in split.parts() {
            // The key that is shown is the first of several.
            let key = keys_of(schema, part).first().copied().unwrap_or(part);
            columns.fields(&mut svg, y + ROW / 2.0, part, key);
            y += ROW;
        }
        let lost = split.lost_by_name();
        if !lost.is_empty() {
            svg.text("verdict t1", Anchor::Start, left, y + 14.0, &format!("lost: {}", lost.join(", ")));
            y += 20.0;
        }
    }
    y += 12.0;
    for (index, (class, words)) in
        [("f0", "known, or the key of a table"), ("q2", "determined")].into_iter().enumerate()
    {
        let x = 200.0 * index as f64;
        svg.rect(class, x, y, 14.0, 12.0);
        svg.text("tick", Anchor::Start, x + 20.0, y + 10.5, words);
    }
    svg.finish(width, y + 18.0, alt)
}
