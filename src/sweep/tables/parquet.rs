//! The runs as Parquet.

use std::io::Write;
use std::sync::Arc;

use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::{Column, TableError, Values, columns};
use crate::sweep::{Header, Row};
use crate::units::Span;

/// Writes a row for each run as Parquet; its metadata `wirelab.sweep` has the configuration as JSON.
///
/// # Errors
/// [`TableError`] if `out` fails.
///
/// # Panics
/// Never: a header is JSON.
pub fn write_parquet(
    sweep: &Header,
    rows: &[Row],
    out: impl Write + Send,
) -> Result<(), TableError> {
    let columns = columns(sweep, rows);
    let fields = columns.iter().map(Column::field);
    let schema = format!("message runs {{ {} }}", fields.collect::<String>());
    let schema = Arc::new(parse_message_type(&schema)?);
    let configuration = serde_json::to_string(sweep).expect("a header is JSON");
    let properties = WriterProperties::builder()
        .set_created_by(format!("wirelab {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(vec![KeyValue::new(
            "wirelab.sweep".to_owned(),
            configuration,
        )]))
        .build();
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    for column in &columns {
        column.values.write(&mut group)?;
    }
    group.close()?;
    file.close()?;
    Ok(())
}

impl Column {
    /// The line of a Parquet schema.
    fn field(&self) -> String {
        let name = &self.name;
        match self.values {
            Values::Text(_) => format!("REQUIRED BYTE_ARRAY {name} (STRING); "),
            Values::Count(_) => format!("OPTIONAL INT64 {name}; "),
            Values::Flag(_) => format!("OPTIONAL BOOLEAN {name}; "),
            Values::Time(_) => format!("OPTIONAL DOUBLE {name}; "),
        }
    }
}

impl Values {
    fn write<W: Write + Send>(
        &self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        let mut column = group
            .next_column()?
            .ok_or_else(|| ParquetError::General("the schema has a column less".to_owned()))?;
        match self {
            Self::Text(texts) => {
                let texts: Vec<_> = texts
                    .iter()
                    .map(|text| ByteArray::from(text.as_str()))
                    .collect();
                column
                    .typed::<ByteArrayType>()
                    .write_batch(&texts, None, None)?;
            }
            Self::Count(counts) => {
                let there = there(counts, |count| i64::try_from(*count).unwrap_or(i64::MAX));
                column
                    .typed::<Int64Type>()
                    .write_batch(&there, Some(&levels(counts)), None)?;
            }
            Self::Flag(flags) => {
                let there = there(flags, |flag| *flag);
                column
                    .typed::<BoolType>()
                    .write_batch(&there, Some(&levels(flags)), None)?;
            }
            Self::Time(times) => {
                let there = there(times, |nanos| Span::from_nanos(*nanos).as_millis_f64());
                column
                    .typed::<DoubleType>()
                    .write_batch(&there, Some(&levels(times)), None)?;
            }
        }
        column.close()
    }
}

/// The values that are there.
fn there<T, V>(values: &[Option<T>], told: impl Fn(&T) -> V) -> Vec<V> {
    values.iter().flatten().map(told).collect()
}

/// Which values are there, as Parquet's definition levels.
fn levels<T>(values: &[Option<T>]) -> Vec<i16> {
    values
        .iter()
        .map(|value| i16::from(value.is_some()))
        .collect()
}
