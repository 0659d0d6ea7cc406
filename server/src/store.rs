//! What changes at run time, kept across restarts: closure tables.

use std::path::Path;

use redb::{Database, ReadableDatabase, TableDefinition};

use crate::error::{Error, Result};

/// Name of a closure table -> its state, JSON.
const CLOSURES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("closures");
/// Memory the store may keep, in bytes: it is small and off the hot path.
const CACHE_BYTES: usize = 8 << 20;

/// The store.
#[derive(Debug)]
pub struct Store {
    database: Database,
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Library(format!("store: {error}"))
}

impl Store {
    /// Opens the store, which is made when it is not there.
    ///
    /// # Errors
    /// When the file cannot be opened, or another server has it open.
    pub fn open(path: &Path) -> Result<Self> {
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create(path)
            .map_err(|error| Error::Library(format!("{}: {error}", path.display())))?;
        Ok(Self { database })
    }

    /// A store that ends with the process.
    ///
    /// # Errors
    /// Practically none.
    pub fn in_memory() -> Result<Self> {
        let backend = redb::backends::InMemoryBackend::new();
        let database = Database::builder().create_with_backend(backend).map_err(failed)?;
        Ok(Self { database })
    }

    /// The state of a closure table.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn closure(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let transaction = self.database.begin_read().map_err(failed)?;
        match transaction.open_table(CLOSURES) {
            Ok(table) => Ok(table.get(name).map_err(failed)?.map(|state| state.value().to_vec())),
            Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Replaces the state of a closure table by what `change` makes of it; nobody else changes it
    /// meanwhile.
    ///
    /// # Errors
    /// Those of `change` (nothing is stored then) and of the store.
    pub fn change_closure<T, E: From<Error>>(
        &self,
        name: &str,
        change: impl FnOnce(Option<&[u8]>) -> std::result::Result<(Vec<u8>, T), E>,
    ) -> std::result::Result<T, E> {
        let transaction = self.database.begin_write().map_err(failed)?;
        let answer = {
            let mut table = transaction.open_table(CLOSURES).map_err(failed)?;
            let known = table.get(name).map_err(failed)?.map(|state| state.value().to_vec());
            let (state, answer) = change(known.as_deref())?;
            table.insert(name, state.as_slice()).map_err(failed)?;
            answer
        };
        transaction.commit().map_err(failed)?;
        Ok(answer)
    }
}
