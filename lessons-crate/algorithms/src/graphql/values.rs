//! Values that come in and go out are made to fit their types.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::ast::{Operation, TypeRef, Value};
use super::schema::{ArgumentDefinition, Schema, TypeDefinition};

/// Why a request is not run at all; it has no `data`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// There are several operations, or none of this name.
    #[error("say which operation: there is {0}")]
    Operation(String),
    /// A variable that does not fit.
    #[error("the variable ${name}: {problem}")]
    Variable {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// Subscriptions are answered event by event, not here.
    #[error("a subscription is not answered at once: run its fields for each event")]
    Subscription,
}

/// The variables of an operation, with defaults.
pub(super) fn variables(
    operation: &Operation,
    given: &Map<String, Json>,
    schema: &Schema,
) -> Result<Map<String, Json>, RequestError> {
    let mut found = Map::new();
    for variable in &operation.variables {
        let error = |problem| RequestError::Variable { name: variable.name.clone(), problem };
        let value = match (given.get(&variable.name), &variable.default) {
            (Some(value), _) => coerce(value, &variable.ty, schema).map_err(error)?,
            (None, Some(default)) => {
                let default = to_json(default, &Map::new()).unwrap_or(Json::Null);
                coerce(&default, &variable.ty, schema).map_err(error)?
            }
            (None, None) if !variable.ty.is_nullable() => {
                return Err(error(format!("a {} must come along", variable.ty)));
            }
            // Not there is not null: the default of the argument counts.
            (None, None) => continue,
        };
        found.insert(variable.name.clone(), value);
    }
    Ok(found)
}

/// The arguments of a field, with defaults.
pub(super) fn arguments(
    given: &[(String, Value)],
    defined: &BTreeMap<String, ArgumentDefinition>,
    variables: &Map<String, Json>,
    schema: &Schema,
) -> Result<Map<String, Json>, String> {
    let mut found = Map::new();
    for (name, definition) in defined {
        let given =
            given.iter().find(|(own, _)| own == name).and_then(|(_, value)| to_json(value, variables));
        let value = match (given, &definition.default) {
            (Some(value), _) => value,
            (None, Some(default)) => to_json(default, &Map::new()).unwrap_or(Json::Null),
            (None, None) if !definition.ty.is_nullable() => {
                return Err(format!("the argument {name} of type {} is missing", definition.ty));
            }
            (None, None) => continue,
        };
        let value = coerce(&value, &definition.ty, schema)
            .map_err(|problem| format!("the argument {name}: {problem}"))?;
        found.insert(name.clone(), value);
    }
    Ok(found)
}

/// A value with its variables filled in; `None` for a variable that is not there.
pub(super) fn to_json(value: &Value, variables: &Map<String, Json>) -> Option<Json> {
    Some(match value {
        Value::Variable(name) => variables.get(name)?.clone(),
        Value::Int(text) | Value::Float(text) => serde_json::from_str(text).ok()?,
        Value::String(text) | Value::Enum(text) => Json::from(text.as_str()),
        Value::Boolean(value) => Json::from(*value),
        Value::Null => Json::Null,
        Value::List(values) => {
            values.iter().map(|value| to_json(value, variables).unwrap_or(Json::Null)).collect()
        }
        Value::Object(fields) => {
            let fields =
                fields.iter().filter_map(|(name, value)| Some((name.clone(), to_json(value, variables)?)));
            Json::Object(fields.collect())
        }
    })
}

/// An input value as its type wants it.
fn coerce(value: &Json, ty: &TypeRef, schema: &Schema) -> Result<Json, String> {
    let wrong = || format!("{value} is no {ty}");
    match ty {
        TypeRef::NonNull(_) if value.is_null() => Err(wrong()),
        TypeRef::NonNull(inner) => coerce(value, inner, schema),
        _ if value.is_null() => Ok(Json::Null),
        TypeRef::List(inner) => match value {
            Json::Array(values) => values.iter().map(|value| coerce(value, inner, schema)).collect(),
            // One value is a list of one.
            one => coerce(one, inner, schema).map(|one| Json::Array(vec![one])),
        },
        TypeRef::Named(name) => match schema.get(name) {
            Some(TypeDefinition::Input(fields)) => {
                let Json::Object(given) = value else { return Err(wrong()) };
                if let Some(unknown) = given.keys().find(|key| !fields.contains_key(*key)) {
                    return Err(format!("{name} has no field {unknown}"));
                }
                let mut found = Map::new();
                for (field, definition) in fields {
                    let default =
                        || definition.default.as_ref().and_then(|value| to_json(value, &Map::new()));
                    match given.get(field).cloned().or_else(default) {
                        Some(value) => {
                            let value = coerce(&value, &definition.ty, schema)?;
                            found.insert(field.clone(), value);
                        }
                        None if !definition.ty.is_nullable() => {
                            return Err(format!("{name} needs the field {field}"));
                        }
                        None => {}
                    }
                }
                Ok(Json::Object(found))
            }
            _ => leaf(value, name, schema, Direction::In).ok_or_else(wrong),
        },
    }
}

/// Whether a value comes from a client or goes to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    In,
    Out,
}

/// A number, text, truth value, id or name of an enum; `None` when it is none.
pub(super) fn leaf(value: &Json, ty: &str, schema: &Schema, direction: Direction) -> Option<Json> {
    let out = direction == Direction::Out;
    match (ty, value) {
        ("Int", Json::Number(number)) => {
            let whole =
                number.as_i64().or_else(|| number.as_f64().filter(|n| n.fract() == 0.0).map(|n| n as i64));
            whole.filter(|whole| i32::try_from(*whole).is_ok()).map(Json::from)
        }
        ("Float", Json::Number(_)) | ("Boolean", Json::Bool(_)) | ("String" | "ID", Json::String(_)) => {
            Some(value.clone())
        }
        ("ID", Json::Number(number)) if number.is_i64() => Some(Json::from(number.to_string())),
        ("String", Json::Number(number)) if out => Some(Json::from(number.to_string())),
        ("String", Json::Bool(value)) if out => Some(Json::from(value.to_string())),
        ("Int" | "Float" | "Boolean" | "String" | "ID", _) => None,
        (_, Json::String(name)) => match schema.get(ty)? {
            TypeDefinition::Enum(names) if !names.contains(name) => None,
            _ => Some(value.clone()),
        },
        _ => matches!(schema.get(ty)?, TypeDefinition::Scalar).then(|| value.clone()),
    }
}
