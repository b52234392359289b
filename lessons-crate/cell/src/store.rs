//! Where variables wait between cells.
//!
//! The engine writes such a store into every cell; compiled there, its map costs a tenth of a second each
//! time. This one is compiled once, and only thin wrappers are generic.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The engine's word for a variable whose type is no longer the one it had.
pub const VARIABLE_CHANGED_TYPE: &str = "EVCXR_VARIABLE_CHANGED_TYPE:";
/// The engine's word for an error that `?` returned.
pub const USER_ERROR_OCCURRED: &str = "EVCXR_ERROR_OCCURRED";

/// Values by the name of their variable.
#[derive(Debug, Default)]
pub struct VariableStore {
    variables: BTreeMap<String, Box<dyn Any>>,
}

impl VariableStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a value.
    pub fn put_variable<T: 'static>(&mut self, name: &str, value: T) {
        self.put(name, Box::new(value));
    }

    fn put(&mut self, name: &str, value: Box<dyn Any>) {
        self.variables.insert(name.to_owned(), value);
    }

    /// Whether the value of that name, if there is one, still has the type `T`; says so when not.
    pub fn check_variable<T: 'static>(&mut self, name: &str) -> bool {
        self.has_type(name, TypeId::of::<T>())
    }

    fn has_type(&self, name: &str, expected: TypeId) -> bool {
        // Not the `Box` itself, which is `Any` too.
        let same = self.variables.get(name).is_none_or(|value| (**value).type_id() == expected);
        if !same {
            lost(name);
        }
        same
    }

    /// Takes a value out.
    ///
    /// # Panics
    ///
    /// When there is none of that name and type, which the engine makes sure of.
    pub fn take_variable<T: 'static>(&mut self, name: &str) -> T {
        match self.take(name).downcast() {
            Ok(value) => *value,
            Err(_) => panic!("the variable {name} changed its type"),
        }
    }

    fn take(&mut self, name: &str) -> Box<dyn Any> {
        self.variables.remove(name).unwrap_or_else(|| panic!("the variable {name} is missing"))
    }

    /// The shared value of that name, made when there is none.
    ///
    /// # Panics
    ///
    /// When the value has another type.
    pub fn lazy_arc<T: 'static, F: FnOnce() -> T>(&mut self, name: &str, create: F) -> Arc<T> {
        if !self.variables.contains_key(name) {
            self.put(name, Box::new(Arc::new(create())));
        }
        let value = self.variables.get(name).and_then(|value| value.downcast_ref::<Arc<T>>());
        Arc::clone(value.unwrap_or_else(|| panic!("the variable {name} changed its type")))
    }

    /// Takes over everything in `other`.
    pub fn merge(&mut self, mut other: Self) {
        self.variables.append(&mut other.variables);
    }
}

fn lost(name: &str) {
    super::print_stderr(format_args!(
        "`{name}` is gone: its type was defined anew. Run the cell that made it again.\n"
    ));
    super::engine(&format!("{VARIABLE_CHANGED_TYPE}{name}"));
}

/// A new store, which the engine passes from cell to cell.
pub fn create_variable_store() -> *mut VariableStore {
    Box::into_raw(Box::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_as_what_it_was() {
        let mut store = VariableStore::new();
        store.put_variable("a", vec![1, 2]);
        assert!(store.check_variable::<Vec<i32>>("a") && !store.check_variable::<Vec<u8>>("a"));
        assert!(store.check_variable::<u8>("never put"));
        assert_eq!(store.take_variable::<Vec<i32>>("a"), [1, 2]);
        let mut other = VariableStore::new();
        other.put_variable("b", 3_u8);
        store.merge(other);
        assert_eq!(store.take_variable::<u8>("b"), 3);
        assert_eq!(*store.lazy_arc("c", || 4), 4);
        assert_eq!(*store.lazy_arc("c", || 5), 4);
    }
}
