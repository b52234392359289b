//! Where variables wait between cells.
//!
//! It is compiled once, here: in every cell, its map would cost a tenth of a second each time. Only thin
//! wrappers are generic. The kernel knows which variables there are, and of which types.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// Never dropped: when the process ends, values may refer to what is gone already.
    static STORE: RefCell<ManuallyDrop<VariableStore>> = RefCell::default();
}

/// Lets a cell use the store of the thread that runs the cells.
pub(super) fn with(cell: fn(&mut VariableStore)) {
    STORE.with_borrow_mut(|store| cell(store));
}

/// Values by the name of their variable.
#[derive(Debug, Default)]
pub struct VariableStore {
    variables: BTreeMap<String, Box<dyn Any>>,
}

impl VariableStore {
    /// Keeps a value.
    pub fn put<T: 'static>(&mut self, name: &str, value: T) {
        self.keep(name, Box::new(value));
    }

    fn keep(&mut self, name: &str, value: Box<dyn Any>) {
        let former = self.variables.insert(name.to_owned(), value);
        drop_quietly(former);
    }

    /// Whether there is a value of each name and type; tells the kernel which are not.
    pub fn holds(&mut self, expected: &[(&str, TypeId)]) -> bool {
        let mut all = true;
        for (name, ty) in expected {
            // Not the `Box` itself, which is `Any` too.
            if self.variables.get(*name).is_none_or(|value| (**value).type_id() != *ty) {
                all = false;
                self.forget(&[name]);
                super::lost(name);
            }
        }
        all
    }

    /// Takes a value out.
    ///
    /// # Panics
    ///
    /// When there is none of that name and type; see [`holds`](Self::holds).
    pub fn take<T: 'static>(&mut self, name: &str) -> T {
        match self.remove(name).downcast() {
            Ok(value) => *value,
            Err(_) => panic!("the variable {name} changed its type"),
        }
    }

    fn remove(&mut self, name: &str) -> Box<dyn Any> {
        self.variables.remove(name).unwrap_or_else(|| panic!("the variable {name} is missing"))
    }

    /// Drops the values of these names.
    pub fn forget(&mut self, names: &[&str]) {
        names.iter().for_each(|name| drop_quietly(self.variables.remove(*name)));
    }
}

/// A value that panics when it is dropped must not take others along.
fn drop_quietly(value: Option<Box<dyn Any>>) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_as_what_it_was() {
        let mut store = VariableStore::default();
        store.put("a", vec![1, 2]);
        store.put("b", 3_u8);
        assert!(store.holds(&[("a", TypeId::of::<Vec<i32>>()), ("b", TypeId::of::<u8>())]));
        assert_eq!(store.take::<Vec<i32>>("a"), [1, 2]);
        // What is not what it should be is gone.
        assert!(!store.holds(&[("a", TypeId::of::<Vec<i32>>())]));
        assert!(!store.holds(&[("b", TypeId::of::<i8>())]));
        assert!(!store.holds(&[("b", TypeId::of::<u8>())]));
    }

    #[test]
    fn forgotten_values_are_dropped_at_once_even_if_that_panics() {
        /// Counted, so that the test sees that it is gone.
        struct Loud {
            _counted: std::rc::Rc<()>,
        }
        impl Drop for Loud {
            fn drop(&mut self) {
                panic!("dropped");
            }
        }
        let counted = std::rc::Rc::new(());
        let mut store = VariableStore::default();
        store.put("loud", Loud { _counted: counted.clone() });
        store.put("kept", 1);
        store.forget(&["loud", "never put"]);
        assert_eq!((std::rc::Rc::strong_count(&counted), store.take::<i32>("kept")), (1, 1));
    }
}
