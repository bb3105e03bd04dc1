using System.Text;
using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Tests.Data;

public sealed class CsvSourceTests : IDisposable
{
    private const string Iris = "sepal,petal,species\n0,10,setosa\n255,20,virginica\n51,15,setosa\n102,12.5,\"versi color\"\n";

    private readonly IdxFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_table_has_levels_classes_by_name_and_a_note_of_what_rounding_costs()
    {
        Dataset data = Load(Iris);
        Assert.Equal(("a.csv", DataForm.Table, 4, 1, 2, 3), (data.Name, data.Form, data.Images, data.Rows, data.Columns, data.Classes));
        Assert.Equal([0, 0, 255, 255, 51, 128, 102, 64], data.Pixels);
        Assert.Equal(["setosa", "versi color", "virginica"], data.ClassNames.Names);
        Assert.Equal([0, 2, 0, 1], data.Labels);
        Assert.Equal(("species", "minmax", 2, "petal", 0L), (data.Table!.LabelColumn, data.Table.Scaling, data.Table.Features,
            data.Table.WorstFeature, data.Table.MergedValues));
        Assert.Null(data.Test);
        Assert.Equal(
            [0, 0, 255, 255, 85, 170, 170, 85],
            DatasetLoader.Load(new DataRequest(_folder.Directory + "/a.csv", Scaling: FeatureScaling.Quantile)).Pixels);
    }

    [Theory]
    [InlineData("sepal;petal;species\n0;10;setosa\n255;20;virginica\n51;15;setosa\n102;12.5;versi color")]
    [InlineData("sepal\tpetal\tspecies\r\n0\t10\tsetosa\r\n\r\n255\t20\tvirginica\r\n51\t15\tsetosa\r\n102\t12.5\tversi color\r\n\r\n")]
    [InlineData("\uFEFF\"sepal, long\" , petal,species\n 0,1e1 , setosa\n\"255\",20,virginica\n+51,15,setosa\n102,12.50,versi color\n  \n")]
    [InlineData("0,10,setosa\n255,20,virginica\n51,15,setosa\n102,12.5,versi color")]
    [InlineData("class,a,b\nsetosa,0,10\nvirginica,255,20\nsetosa,51,15\nversi color,102,12.5")]
    [InlineData("a,Target,b\n0,setosa,10\n255,virginica,20\n51,setosa,15\n102,versi color,12.5")]
    public void Separators_quotes_blanks_and_places_of_the_label_do_not_matter(string text)
    {
        string expected = Load(Iris).Sha256;
        Assert.Equal(expected, Load(text).Sha256);
        _folder.Write("b.tsv.gz", IdxFolder.Gzip(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(expected, DatasetLoader.Load(_folder.Directory + "/b.tsv.gz").Sha256);
        File.WriteAllText(_folder.Directory + "/c.csv", text, Encoding.Unicode);
        Assert.Equal(expected, DatasetLoader.Load(_folder.Directory + "/c.csv").Sha256);
    }

    [Theory]
    [InlineData("1,5\n2,7\n3,5.0\n", new byte[] { 5, 7, 5 }, 8, new string[0])]
    [InlineData("1,-1\n2,1\n3,-1.0\n", new byte[] { 0, 1, 0 }, 2, new[] { "-1", "1" })]
    [InlineData("1,1000\n2,300\n3,20\n", new byte[] { 2, 1, 0 }, 3, new[] { "20", "300", "1000" })]
    [InlineData("1,b\n2,B\n3,a\n", new byte[] { 2, 0, 1 }, 3, new[] { "B", "a", "b" })]
    [InlineData("1,10\n2,x\n3,9\n", new byte[] { 0, 2, 1 }, 3, new[] { "10", "9", "x" })]
    public void Whole_numbers_up_to_255_are_classes_and_anything_else_is_a_name(string text, byte[] labels, int classes, string[] names)
    {
        Dataset data = Load(text);
        Assert.Equal(labels, data.Labels);
        Assert.Equal((classes, string.Join('|', names)), (data.Classes, string.Join('|', data.ClassNames.Names)));
    }

    [Theory]
    [InlineData("b", new byte[] { 1, 2, 1 })]
    [InlineData("1", new byte[] { 3, 4, 4 })]
    [InlineData("3", new byte[] { 8, 8, 9 })]
    public void The_label_is_a_column_by_name_or_number(string column, byte[] labels) =>
        Assert.Equal(labels, Load("a,b,c\n3,1,8\n4,2,8\n4,1,9\n", column).Labels);

    [Theory]
    [InlineData("", null, " is empty; it must have a row an example: numbers, and a label.")]
    [InlineData("\n\n  \n", null, " is empty; it must have a row an example: numbers, and a label.")]
    [InlineData("label\n1\n2\n", null,
        " has one column; it must have a label and one feature or more, separated by commas, semicolons or tabs.")]
    [InlineData("a,label\n", null, " holds a header and no examples; it must have a row an example.")]
    [InlineData("1,2\n", null,
        " holds fewer than 2 classes: every label (column 2) is 2; --label-column must name a column with two or more.")]
    [InlineData("a,b\n1,x\n2,x\n", null,
        " holds fewer than 2 classes: every label (b) is x; --label-column must name a column with two or more.")]
    [InlineData("a,b,l\n1,2,x\n1,,y\n", null,
        ": line 3, column 2 ('b'): '' is no value; the row must be left out, or a number be put there.")]
    [InlineData("a,b,l\n1,2,x\n\n1,NaN,y\n", null,
        ": line 4, column 2 ('b'): 'NaN' is no value; the row must be left out, or a number be put there.")]
    [InlineData("1,2,x\n1,1e999,y\n", null, ": line 2, column 2: '1e999' is no finite number in float64; it must be one.")]
    [InlineData("1;2;x\n1;1,5;y\n", null, ": line 2, column 2: '1,5' is no number; decimals must be written with a point.")]
    [InlineData("1,2,x\n1,0x10,y\n", null,
        ": line 2, column 2: '0x10' is no number; features must be numbers, --label-column says which column is the label.")]
    [InlineData("a,b,l\n1,2,x\n1,2\n", null, ": line 3 has 2 cells, but line 1 has 3; every row must have the same.")]
    [InlineData("1,2,x\n1,2,y,\n", null, ": line 2 has 4 cells, but line 1 has 3; every row must have the same.")]
    [InlineData("a,b,l\n1,2,x\n1,2,\n", null, ": line 3, column 3 ('l'): '' is no label; every example must have one.")]
    [InlineData("a,b,l\n1,\"2\n2\",x\n1,2,y\n", null,
        ": line 2, column 2 ('b'): '2?2' is no number; features must be numbers, --label-column says which column is the label.")]
    [InlineData(",b,l\n1,2,x\n2,2,y\n", null,
        ": column 1 of the header has no name; an index of rows must be left out, any other column must have a name.")]
    public void What_is_wrong_is_told_by_line_and_column(string text, string? column, string fault)
    {
        UserErrorException error = Assert.Throws<UserErrorException>(() => Load(text, column));
        IdxFolder.AssertUserError(error);
        Assert.Equal($"'{_folder.Directory}/a.csv'{fault}", error.Message);
    }

    [Theory]
    [InlineData("a,b,c\n1,2,3\n", "d", "'d' is no column of", "must be a, b, c or a number 1..3.")]
    [InlineData("1,2,3\n1,2,4\n", "4", "'4' is no column of", "must be a number 1..3.")]
    [InlineData("label,b,y\n1,2,3\n", null, "columns 1 ('label') and 3 ('y') of", "can be the label; must be the number of one of them.")]
    [InlineData("a,b,a\n1,2,3\n", "a", "columns 1 ('a') and 3 ('a') of", "can be the label; must be the number of one of them.")]
    public void A_label_column_that_is_not_clear_is_an_error_of_its_flag(string text, string? column, string begin, string end)
    {
        string message = Assert.Throws<UserErrorException>(() => Load(text, column)).Message;
        Assert.StartsWith($"--label-column: {begin} '", message);
        Assert.EndsWith(end, message);
    }

    [Fact]
    public void Labels_that_are_no_classes_are_refused()
    {
        string Fault(string text) => Assert.Throws<UserErrorException>(() => Load(text)).Message;
        Assert.EndsWith(": line 257, column 2: '256' is one label more than 256; --label-column must name classes.",
            Fault(string.Concat(Enumerable.Range(0, 257).Select(i => $"1,{i}\n"))));
        Assert.EndsWith("' is no name of a class, it has 61 characters; 60 are the most.", Fault($"1,{new string('x', 61)}\n2,y\n"));
        Assert.EndsWith("is no name of a class, it holds control characters; it must be a plain name.", Fault("1,\"a\nb\"\n2,y\n"));
        _folder.Write("l.csv", Encoding.Latin1.GetBytes("1,caf\u00E9\n2,b\n"));
        Assert.EndsWith("l.csv': line 1, column 2: 'caf\uFFFD' is no name of a class, it is not UTF-8; the file must be saved as UTF-8.",
            Assert.Throws<UserErrorException>(() => DatasetLoader.Load(_folder.Directory + "/l.csv")).Message);
        Assert.Equal(256, Load(string.Concat(Enumerable.Range(0, 256).Select(i => $"1,{i}\n"))).Classes);
    }

    [Fact]
    public void Test_examples_stand_beside_the_table_and_are_scaled_as_it_is()
    {
        _folder.Write("a.test.csv", "sepal,petal,species\n-5,15,virginica\n300,12.5,setosa\n"u8.ToArray());
        Dataset data = Load(Iris);
        Assert.Equal([0, 128, 255, 64], data.Test!.Pixels);
        Assert.Equal([2, 0], data.Test.Labels);
        Assert.Equal(2, data.Table!.TestValuesClipped);
        string hash = data.Test.Sha256;
        _folder.Write("a.test.csv", "-5,15,virginica\n300,12.5,setosa\n"u8.ToArray());
        Assert.Equal(hash, Load(Iris).Test!.Sha256);

        void Refused(string text, string end)
        {
            _folder.Write("a.test.csv", Encoding.UTF8.GetBytes(text));
            string message = Assert.Throws<UserErrorException>(() => Load(Iris)).Message;
            Assert.StartsWith($"'{_folder.Directory}/a.test.csv'", message);
            Assert.EndsWith(end, message);
        }

        Refused("sepal,petal,species\n1,2,rosa\n", "'rosa' is no class of the training file; it must be one.");
        Refused("petal,sepal,species\n1,2,setosa\n", "calls it 'sepal'; both must have the same columns in the same order.");
        Refused("sepal,petal\n1,2\n", "has 3; both must have the same.");
        Refused("sepal,petal,species\n", "holds a header and no examples; it must have a row an example, or be left out.");
    }

    [Fact]
    public void A_folder_has_train_csv_and_test_csv()
    {
        _folder.Write("train.csv", Encoding.UTF8.GetBytes(Iris));
        _folder.Write("test.csv", "0,10,setosa\n"u8.ToArray());
        Dataset data = DatasetLoader.Load(_folder.Directory);
        Assert.Equal((4, 1), (data.Images, data.Test!.Labels.Length));
        _folder.Write("train.tsv", "1\t2\n"u8.ToArray());
        Assert.EndsWith("are both there; one of them must be removed.", _folder.LoadFault().Message);
    }

    [Fact]
    public void Files_that_are_none_are_refused()
    {
        string path = Path.Combine(_folder.Directory, "no.csv");
        Assert.Equal($"--data: '{path}' does not exist; a CSV file is expected there.",
            Assert.Throws<UserErrorException>(() => DatasetLoader.Load(path)).Message);
        _folder.Write("cut.csv.gz", IdxFolder.Gzip(Encoding.UTF8.GetBytes(Iris))[..^9]);
        Assert.EndsWith("cut.csv.gz': the gzip data is damaged or cut off; copy or download the file again.",
            Assert.Throws<UserErrorException>(() => DatasetLoader.Load(_folder.Directory + "/cut.csv.gz")).Message);
        Directory.CreateDirectory(path);
        Assert.StartsWith($"--data: '{path}' holds no data set", Assert.Throws<UserErrorException>(() => DatasetLoader.Load(path)).Message);
        _folder.Write("long.csv", [.. "1,\""u8, .. Enumerable.Repeat((byte)'1', 17 << 20)]);
        Assert.EndsWith("long.csv': the row of line 1 is longer than 16 MiB; a quote may be open, or it is no table.",
            Assert.Throws<UserErrorException>(() => DatasetLoader.Load(_folder.Directory + "/long.csv")).Message);
        _folder.Write("wide.csv", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("1,", 65_537)) + "2\n"));
        Assert.EndsWith("wide.csv' has 65,537 features; 65,536 are the most.",
            Assert.Throws<UserErrorException>(() => DatasetLoader.Load(_folder.Directory + "/wide.csv")).Message);
    }

    private Dataset Load(string text, string? column = null)
    {
        _folder.Write("a.csv", Encoding.UTF8.GetBytes(text));
        return DatasetLoader.Load(new DataRequest(_folder.Directory + "/a.csv", column));
    }
}
