namespace GpuMlp.Engine.Data;

/// <summary>
/// A folder of NumPy's arrays: <c>train_images.npy</c> and <c>train_labels.npy</c>, maybe <c>test_images.npy</c> and
/// <c>test_labels.npy</c>, or the same by the names that Keras has for them, <c>x_train.npy</c> and so on; and maybe <c>classes.txt</c>.
/// </summary>
internal sealed class NpySource : DataSource
{
    private sealed record Names(string Images, string Labels, string TestImages, string TestLabels);

    private static readonly Names[] s_names =
    [
        new("train_images.npy", "train_labels.npy", "test_images.npy", "test_labels.npy"),
        new("x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"),
    ];

    public override string Files => "train_images.npy and train_labels.npy (or x_train.npy and y_train.npy)";

    public override bool Recognises(string text) => Array.Exists(s_names, names => IsThere(text, names));

    public override Dataset Load(DataRequest request)
    {
        string directory = request.Source;
        string In(string name) => Path.Combine(directory, name);
        Names[] found = Array.FindAll(s_names, names => IsThere(directory, names));
        if (found.Length > 1)
        {
            throw new UserErrorException(
                $"--data: '{OneLine.Of(directory)}' holds {found[0].Images} as well as {found[1].Images}; one of them must be removed.");
        }

        Names names = found[0];
        (IdxImages images, bool arePictures) = NpyReader.ReadImages(In(names.Images));
        byte[] labels = NpyReader.ReadLabels(In(names.Labels));
        Dataset data = Combine(
            NameOf(directory), images, In(names.Images), labels, In(names.Labels), ClassNames.Read(In(ClassNames.FileName))) with
        { Form = arePictures ? DataForm.Picture : DataForm.Table };
        if (!File.Exists(In(names.TestImages)) && !File.Exists(In(names.TestLabels)))
            return data;
        (IdxImages testImages, bool areTestPictures) = NpyReader.ReadImages(In(names.TestImages));
        byte[] testLabels = NpyReader.ReadLabels(In(names.TestLabels));
        CheckTest(data, testImages, areTestPictures == arePictures, In(names.TestImages), testLabels, In(names.TestLabels));
        return data with { Test = TestSet.Of(testImages.Pixels, testLabels) };
    }

    private static bool IsThere(string directory, Names names) =>
        File.Exists(Path.Combine(directory, names.Images)) || File.Exists(Path.Combine(directory, names.Labels));
}
