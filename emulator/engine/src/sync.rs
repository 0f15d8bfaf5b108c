//! The locks of this crate. With the feature `shuttle` they are replaced by types that report each step to a scheduler,
//! so that tests can explore interleavings that rarely occur by chance.

#[cfg(not(feature = "shuttle"))]
pub(crate) use std::sync::{Mutex, OnceLock};

#[cfg(feature = "shuttle")]
pub(crate) use self::stand_ins::OnceLock;
#[cfg(feature = "shuttle")]
pub(crate) use shuttle::sync::Mutex;

#[cfg(feature = "shuttle")]
mod stand_ins {
    use std::sync::PoisonError;

    use shuttle::sync::Mutex;
    use shuttle::sync::atomic::{AtomicBool, Ordering};

    /// `std::sync::OnceLock`, for which shuttle has no replacement: readers check a flag, and one thread at a time
    /// computes the value.
    #[derive(Debug)]
    pub(crate) struct OnceLock<T> {
        value: std::sync::OnceLock<T>,
        is_set: AtomicBool,
        making: Mutex<()>,
    }

    impl<T> OnceLock<T> {
        pub(crate) fn new() -> Self {
            Self::of(std::sync::OnceLock::new())
        }

        fn of(value: std::sync::OnceLock<T>) -> Self {
            Self { is_set: AtomicBool::new(value.get().is_some()), value, making: Mutex::new(()) }
        }

        pub(crate) fn get(&self) -> Option<&T> {
            self.is_set.load(Ordering::SeqCst).then(|| self.value.get()).flatten()
        }

        pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
            self.value.get_mut()
        }

        pub(crate) fn take(&mut self) -> Option<T> {
            self.is_set = AtomicBool::new(false);
            self.value.take()
        }

        pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
            if let Some(value) = self.get() {
                return value;
            }
            let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
            let value = if let Some(value) = self.value.get() {
                value
            } else {
                // The scheduler may switch threads here, so the real lock must not be held.
                let new = make();
                self.value.get_or_init(|| new)
            };
            self.is_set.store(true, Ordering::SeqCst);
            value
        }
    }

    impl<T> Default for OnceLock<T> {
        fn default() -> Self {
            Self::new()
        }
    }

    impl<T: Clone> Clone for OnceLock<T> {
        fn clone(&self) -> Self {
            Self::of(self.value.clone())
        }
    }
}
