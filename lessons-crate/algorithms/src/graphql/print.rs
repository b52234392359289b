//! A document as text, in one normal form.

use std::fmt::{self, Write as _};

use super::ast::{Directive, Document, Selection, TypeRef, Value};

impl fmt::Display for TypeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::List(inner) => write!(f, "[{inner}]"),
            Self::NonNull(inner) => write!(f, "{inner}!"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "${name}"),
            Self::Int(text) | Self::Float(text) | Self::Enum(text) => f.write_str(text),
            Self::String(text) => string(f, text),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Null => f.write_str("null"),
            Self::List(values) => {
                f.write_char('[')?;
                for (at, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if at > 0 { ", " } else { "" })?;
                }
                f.write_char(']')
            }
            Self::Object(fields) => {
                f.write_char('{')?;
                named(f, fields)?;
                f.write_char('}')
            }
        }
    }
}

fn string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for letter in text.chars() {
        match letter {
            '"' | '\\' => write!(f, "\\{letter}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            control if control < ' ' => write!(f, "\\u{:04x}", u32::from(control))?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}

fn named(f: &mut fmt::Formatter<'_>, values: &[(String, Value)]) -> fmt::Result {
    for (at, (name, value)) in values.iter().enumerate() {
        write!(f, "{}{name}: {value}", if at > 0 { ", " } else { "" })?;
    }
    Ok(())
}

fn arguments(f: &mut fmt::Formatter<'_>, values: &[(String, Value)]) -> fmt::Result {
    if values.is_empty() {
        return Ok(());
    }
    f.write_char('(')?;
    named(f, values)?;
    f.write_char(')')
}

fn directives(f: &mut fmt::Formatter<'_>, all: &[Directive]) -> fmt::Result {
    for directive in all {
        write!(f, " @{}", directive.name)?;
        arguments(f, &directive.arguments)?;
    }
    Ok(())
}

fn selections(f: &mut fmt::Formatter<'_>, all: &[Selection], level: usize) -> fmt::Result {
    f.write_str("{\n")?;
    for selection in all {
        write!(f, "{:indent$}", "", indent = 2 * (level + 1))?;
        match selection {
            Selection::Field(field) => {
                if let Some(alias) = &field.alias {
                    write!(f, "{alias}: ")?;
                }
                f.write_str(&field.name)?;
                arguments(f, &field.arguments)?;
                directives(f, &field.directives)?;
                if !field.selections.is_empty() {
                    f.write_char(' ')?;
                    selections(f, &field.selections, level + 1)?;
                }
            }
            Selection::Spread { name, directives: own, .. } => {
                write!(f, "...{name}")?;
                directives(f, own)?;
            }
            Selection::Inline { on, directives: own, selections: inner } => {
                f.write_str("...")?;
                if let Some(on) = on {
                    write!(f, " on {on}")?;
                }
                directives(f, own)?;
                f.write_char(' ')?;
                selections(f, inner, level + 1)?;
            }
        }
        f.write_char('\n')?;
    }
    write!(f, "{:indent$}}}", "", indent = 2 * level)
}

impl fmt::Display for Document {
    /// Two spaces a level, one field a line; reading it gives the same document again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for operation in &self.operations {
            f.write_str(operation.kind.name())?;
            if let Some(name) = &operation.name {
                write!(f, " {name}")?;
            }
            for (at, variable) in operation.variables.iter().enumerate() {
                write!(f, "{}${}: {}", if at > 0 { ", " } else { "(" }, variable.name, variable.ty)?;
                if let Some(default) = &variable.default {
                    write!(f, " = {default}")?;
                }
            }
            f.write_str(if operation.variables.is_empty() { "" } else { ")" })?;
            directives(f, &operation.directives)?;
            f.write_char(' ')?;
            selections(f, &operation.selections, 0)?;
            f.write_char('\n')?;
        }
        for fragment in &self.fragments {
            write!(f, "fragment {} on {}", fragment.name, fragment.on)?;
            directives(f, &fragment.directives)?;
            f.write_char(' ')?;
            selections(f, &fragment.selections, 0)?;
            f.write_char('\n')?;
        }
        Ok(())
    }
}
